import JSON
import Tokenizers

/// What a bundle holds of a model's text side besides the model's own files.
public struct TextCompanions: Sendable {
  /// The compiled tokenizer and the chat report, as far as they could be made.
  public internal(set) var files: [(name: String, bytes: [UInt8])] = []
  /// What will go wrong when the model is served, one sentence each.
  public internal(set) var warnings: [String] = []
}

/// Makes them from a model directory. A broken tokenizer or template is a warning: the model's
/// kernels are right all the same, and the files can be put right in the bundle.
public func bundleCompanions(directory: String) -> TextCompanions {
  var companions = TextCompanions()
  let report: ChatReport
  do {
    let tokenizer = try Tokenizer(directory: directory)
    companions.files.append((Tokenizer.compiledTableName, tokenizer.compiledTable()))
    report = inspectChat(directory: directory, tokenizer: tokenizer)
  } catch {
    report = ChatReport(failure: error)
    companions.warnings.append("the bundle can't be served before this is mended")
  }
  companions.warnings.insert(contentsOf: report.findings.map(\.message), at: 0)
  let text = report.json.text(style: .indented) + "\n"
  companions.files.append((ChatReport.fileName, Array(text.utf8)))
  return companions
}
