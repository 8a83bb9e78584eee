/// The formats of strings that can be enforced, as patterns of whole texts.
enum FormatPatterns {
  // From 1 on: many readers of dates have no year 0.
  private static let year = "(?:[1-9][0-9]{3}|0[1-9][0-9]{2}|00[1-9][0-9]|000[1-9])"
  private static let leapYear =
    "(?:[0-9]{2}(?:0[48]|[2468][048]|[13579][26])|(?:0[48]|[2468][048]|[13579][26])00)"
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

  // MARK: Networks

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

  private static let ip = "(?:\(ipv4)|\(ipv6))"
  // Networks have no bits behind the length of their prefix.
  private static let ipv4Network =
    "(?:\(ipv4)(?:/32)?|(?:\(byte)\\.){3}0/24|(?:\(byte)\\.){2}0\\.0/16|\(byte)\\.0\\.0\\.0/8)"
  private static let ipv6Network = "(?:\(ipv6))(?:/128)?"
  private static let ipv4Length = "/(?:[0-9]|[12][0-9]|3[0-2])"
  private static let ipv6Length = "/(?:[0-9]|[1-9][0-9]|1[01][0-9]|12[0-8])"
  private static let ipv4Interface = "\(ipv4)(?:\(ipv4Length))?"
  private static let ipv6Interface = "(?:\(ipv6))(?:\(ipv6Length))?"
  private static let hosts = "\(hostname)(?::[1-9][0-9]{0,3})?"

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

  private static let hostsURI =
    "[A-Za-z][A-Za-z0-9+.-]*://(?:(?:[A-Za-z0-9._~-]|\(encoded))+"
    + "(?::(?:[A-Za-z0-9._~-]|\(encoded))+)?@)?\(hosts)(?:,\(hosts))*"
    + "(?:/\(pathCharacter)*)*\(query)"

  // MARK: Identifiers and encodings

  private static let hexadecimal = "[0-9A-Fa-f]"
  private static let uuid = "\(hexadecimal){8}(?:-\(hexadecimal){4}){3}-\(hexadecimal){12}"

  /// UUIDs of a version, in the variant that has versions.
  private static func uuid(_ version: Int) -> String {
    "\(hexadecimal){8}-\(hexadecimal){4}-\(version)\(hexadecimal){3}-[89ABab]\(hexadecimal){3}"
      + "-\(hexadecimal){12}"
  }

  private static let base64 = "(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?"
  private static let letters64 = "[A-Za-z0-9_-]"
  private static let base64URL = "(?:\(letters64){4})*(?:\(letters64){2}==|\(letters64){3}=)?"
  private static let unpadded = "(?:\(letters64){4})*(?:\(letters64){2,3})?"
  // A header of which readers look at the fields, {"alg":…,"typ":"JWT"} for twelve algorithms; the
  // payload begins as an object does.
  private static let jwt =
    "eyJhbGciOiJ[IFQS]Uz(?:I1Ni|M4NC|UxMi)IsInR5cCI6IkpXVCJ9\\."
    + "eyJ\(letters64)(?:\(letters64){4})*(?:\(letters64){2,3})?\\.\(unpadded)"

  private static let pointerPart = "(?:[^/~]|~[01])*"

  static let all: [String: String] = [
    "date": date, "time": time, "date-time": "\(date)[Tt]\(time)", "duration": duration,
    "email": email, "idn-email": email,
    "name-email": "(?:[A-Za-z][A-Za-z ]{0,62} <\(email)>|\(email))",
    "hostname": hostname, "idn-hostname": hostname, "ipv4": ipv4, "ipv6": ipv6,
    "ipvanyaddress": ip, "ipv4network": ipv4Network, "ipv6network": ipv6Network,
    "ipvanynetwork": "(?:\(ipv4Network)|\(ipv6Network))", "ipv4interface": ipv4Interface,
    "ipv6interface": ipv6Interface, "ipvanyinterface": "(?:\(ipv4Interface)|\(ipv6Interface))",
    "cidrv4": "\(ipv4)\(ipv4Length)", "cidrv6": "(?:\(ipv6))\(ipv6Length)",
    "mac": "(?:[0-9A-F]{2}(?::[0-9A-F]{2}){5}|[0-9a-f]{2}(?::[0-9a-f]{2}){5})",
    "uri": uri, "iri": uri, "uri-reference": uriReference, "iri-reference": uriReference,
    "multi-host-uri": hostsURI, "json-pointer": "(?:/\(pointerPart))*",
    "relative-json-pointer": "(?:0|[1-9][0-9]*)(?:#|(?:/\(pointerPart))*)",
    "byte": base64, "base64": base64, "base64url": base64URL, "jwt": jwt,
    "uuid": uuid, "guid": uuid, "uuid1": uuid(1), "uuid3": uuid(3), "uuid4": uuid(4),
    "uuid5": uuid(5), "uuid6": uuid(6), "uuid7": uuid(7), "uuid8": uuid(8), "uuidv4": uuid(4),
    "uuidv6": uuid(6), "uuidv7": uuid(7),
    // As their makers write them, which all libraries' checks take.
    "nanoid": "\(letters64){21}", "cuid": "c[0-9a-z]{24}", "cuid2": "[a-z][0-9a-z]{1,31}",
    "ulid": "[0-7][0-9A-HJKMNP-TV-Z]{25}", "xid": "[0-9a-v]{20}", "ksuid": "[0-9A-Za-z]{27}",
    "e164": "\\+[1-9][0-9]{6,14}",
    "emoji": "(?:\\p{Extended_Pictographic}|\\p{Emoji_Component})+",
  ]

  /// Formats whose names libraries also use for other texts: zod's times have no offset, and its
  /// base64url no padding. Where a pattern beside the name takes none of the `standard` texts, the
  /// `other` ones are meant.
  static let besidePattern = [
    "time": (standard: time, other: clock),
    "base64url": (
      standard: "(?:\(letters64){4})*(?:\(letters64){2}==|\(letters64){3}=)", other: unpadded
    ),
  ]
}
