/// The formats of strings that can be enforced, as patterns of whole texts.
enum StringFormats {
  /// The texts of a format; nil for formats that ask nothing of a string.
  static func language(
    _ name: String, _ alphabet: Alphabet, _ facet: Facet, _ builder: inout GrammarBuilder
  ) throws(GrammarError) -> Expression? {
    if annotations.contains(name) { return nil }
    guard let pattern = patterns[name] else {
      throw facet.unsupported("format", "the format '\(name)' isn't known")
    }
    let identity = "format \(alphabet) \(name)"
    if let known = builder.patterns[identity] { return known }
    do throws(PatternError) {
      let parsed = try PatternReader.read(pattern)
      var compiler = PatternCompiler(alphabet, isSearch: false)
      let result = try compiler.language(parsed, &builder.pool)
      builder.patterns[identity] = result
      return result
    } catch {
      throw facet.unsupported("format", "its pattern \(error.reason)")
    }
  }

  /// Hints about use or numbers, which constrain no string.
  private static let annotations: Set<String> = [
    "password", "binary", "textarea", "color", "markdown", "html", "int32", "int64", "uint32",
    "uint64", "float", "double", "decimal", "text", "string", "number", "integer", "url", "path",
    "file-path", "directory-path", "phone", "char",
  ]

  private static let year = "[0-9]{4}"
  private static let leapYear =
    "(?:[0-9]{2}(?:0[48]|[2468][048]|[13579][26])|(?:[02468][048]|[13579][26])00)"
  private static let date =
    "(?:\(year)-(?:(?:0[13578]|1[02])-(?:0[1-9]|[12][0-9]|3[01])"
    + "|(?:0[469]|11)-(?:0[1-9]|[12][0-9]|30)|02-(?:0[1-9]|1[0-9]|2[0-8]))|\(leapYear)-02-29)"
  private static let clock = "(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:\\.[0-9]{1,9})?"
  private static let time = clock + "(?:[Zz]|[+-](?:[01][0-9]|2[0-3]):[0-5][0-9])"
  private static let duration = {
    let clock =
      "T(?:[0-9]+H(?:[0-9]+M(?:[0-9]+S)?)?|[0-9]+M(?:[0-9]+S)?|[0-9]+S)"
    let date =
      "(?:[0-9]+Y(?:[0-9]+M(?:[0-9]+D)?)?|[0-9]+M(?:[0-9]+D)?|[0-9]+D)(?:\(clock))?"
    return "P(?:\(date)|\(clock)|[0-9]+W)"
  }()

  private static let label = "[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
  // At most 253 bytes, which four labels of 63 keep by themselves.
  private static let hostname = "\(label)(?:\\.\(label)){0,3}"
  private static let atom = "[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]"
  private static let email = "\(atom){1,64}(?:\\.\(atom){1,32}){0,3}@\(label)(?:\\.\(label)){1,3}"
  private static let byte = "(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])"
  private static let ipv4 = "\(byte)(?:\\.\(byte)){3}"
  private static let ipv6 = {
    let group = "[0-9A-Fa-f]{1,4}"
    let last = "(?:\(group):\(group)|\(ipv4))"
    var forms = ["(?:\(group):){6}\(last)", "::(?:\(group):){5}\(last)"]
    for before in 1...5 {
      forms.append("(?:\(group):){0,\(before - 1)}\(group)::(?:\(group):){\(5 - before)}\(last)")
    }
    forms += ["(?:\(group):){0,5}\(group)::\(group)", "(?:\(group):){0,6}\(group)::", "::"]
    forms += ["::(?:\(group):){0,4}\(last)", "::\(group)"]
    return forms.joined(separator: "|")
  }()

  private static let unreserved = "A-Za-z0-9._~!$&'()*+,;=\\-"
  private static let encoded = "%[0-9A-Fa-f]{2}"
  private static let pathCharacter = "(?:[\(unreserved):@]|\(encoded))"
  private static let query = "(?:\\?(?:\(pathCharacter)|[/?])*)?(?:#(?:\(pathCharacter)|[/?])*)?"
  private static let authority =
    "(?:(?:[\(unreserved):]|\(encoded))*@)?(?:[\(unreserved)]|\(encoded))*(?::[0-9]{0,5})?"
  private static let uri =
    "[A-Za-z][A-Za-z0-9+.-]*:(?://\(authority)(?:/\(pathCharacter)*)*"
    + "|/(?:\(pathCharacter)+(?:/\(pathCharacter)*)*)?|\(pathCharacter)+(?:/\(pathCharacter)*)*)"
    + query
  private static let uriReference =
    "(?:\(uri)|(?://\(authority))?(?:/\(pathCharacter)*)*\(query))"

  private static let pointerPart = "(?:[^/~]|~[01])*"

  private static let patterns: [String: String] = [
    "date": date, "time": time, "date-time": "\(date)[Tt]\(time)", "duration": duration,
    "uuid": "[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}", "email": email,
    "idn-email": email, "hostname": hostname, "idn-hostname": hostname, "ipv4": ipv4,
    "ipv6": ipv6, "uri": uri, "iri": uri, "uri-reference": uriReference,
    "iri-reference": uriReference, "json-pointer": "(?:/\(pointerPart))*",
    "relative-json-pointer": "(?:0|[1-9][0-9]*)(?:#|(?:/\(pointerPart))*)",
    "byte": "(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?",
    "base64": "(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?",
  ]
}
