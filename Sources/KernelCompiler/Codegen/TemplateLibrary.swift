import Foundation
import Templates

/// The templates: those embedded in the program, or a folder's, to try a change without a build.
struct TemplateLibrary: Sendable {
  private let texts: [String: String]

  /// What `MLX_TEMPLATES` names, else the embedded ones.
  static func current() throws -> TemplateLibrary {
    guard let folder = ProcessInfo.processInfo.environment["MLX_TEMPLATES"], !folder.isEmpty else {
      return TemplateLibrary()
    }
    return try TemplateLibrary(folder: folder)
  }

  init() {
    var texts: [String: String] = [:]
    for file in UnsafeBufferPointer(start: template_files, count: template_file_count) {
      let bytes = UnsafeBufferPointer(start: file.text, count: file.length)
      texts[String(cString: file.name)] = String(decoding: bytes, as: UTF8.self)
    }
    self.texts = texts
  }

  private init(folder: String) throws {
    var texts = TemplateLibrary().texts
    for name in texts.keys where name != "model_abi.h" {
      guard let text = try? String(contentsOfFile: "\(folder)/\(name)", encoding: .utf8) else {
        throw CompilerError("MLX_TEMPLATES: \(folder)/\(name) can't be read")
      }
      texts[name] = text
    }
    self.texts = texts
  }

  /// A file as it is.
  func text(_ name: String) -> String {
    guard let text = texts[name] else { preconditionFailure("no template \(name)") }
    return text
  }

  /// A template with its holes filled, without the line end at its end.
  func fill(_ name: String, _ values: [String: String]) -> String {
    var filled = Template(name: name, text: text(name)).filled(values)
    while filled.last == "\n" { filled.removeLast() }
    return filled
  }
}
