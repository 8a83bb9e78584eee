import JSON

/// What the server does with one field of a request. Nothing is ignored without saying so.
enum FieldPolicy: Sendable {
  /// Read by the request.
  case honoured
  /// A label, or a hint that changes no answer: checked for its type, then left alone.
  case harmless(@Sendable (Field) throws(APIError) -> Void)
  /// Accepted where it asks for what happens anyway, refused with the reason otherwise.
  case only([JSON], reason: String)
  /// Refused, with the reason.
  case refused(String)
}

/// Every field of one kind of request, or of an object inside one, that this server knows.
struct FieldTable: Sendable {
  typealias Entry = (name: String, policy: FieldPolicy)

  let entries: [Entry]
  private let names: [String]

  init(_ entries: [Entry]) {
    self.entries = entries
    names = entries.map(\.name)
  }

  /// Of an object inside a request, most of whose members are read.
  init(honoured names: [String], _ others: [Entry]) {
    self.init(names.map { (name: $0, policy: .honoured) } + others)
  }

  /// The table with more fields.
  func adding(_ more: [Entry]) -> FieldTable { FieldTable(entries + more) }

  /// Refuses what isn't known or can't be done; afterwards only `honoured` fields matter.
  func check(_ fields: Fields) throws(APIError) {
    for (name, value) in fields.object {
      let field = Field(fields.pathOf(name), value)
      guard field.isPresent else { continue }
      guard let entry = entries.first(where: { $0.name.utf8.elementsEqual(name.utf8) }) else {
        throw fields.unknown(name, known: names)
      }
      switch entry.policy {
      case .honoured: break
      case .harmless(let check): try check(field)
      case .only(let values, let reason):
        if !values.contains(value) { throw .unsupportedValue(field.path, reason) }
      case .refused(let reason): throw .unsupported(field.path, reason)
      }
    }
  }
}

/// Checks of fields that are left alone.
extension FieldTable {
  static let text: @Sendable (Field) throws(APIError) -> Void = { field throws(APIError) in
    _ = try field.string()
  }
  static let object: @Sendable (Field) throws(APIError) -> Void = { field throws(APIError) in
    _ = try field.object()
  }
}
