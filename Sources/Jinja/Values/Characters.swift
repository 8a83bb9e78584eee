/// What Python's string methods know about characters.

extension Unicode.Scalar {
  /// Python's `str.isspace`.
  var isPythonSpace: Bool {
    switch value {
    case 0x09...0x0D, 0x1C...0x20, 0x85, 0xA0, 0x1680, 0x2000...0x200A, 0x2028, 0x2029, 0x202F,
      0x205F, 0x3000:
      true
    default: false
    }
  }

  /// The characters at which Python's `str.splitlines` breaks.
  var isLineBreak: Bool {
    switch value {
    case 0x0A...0x0D, 0x1C...0x1E, 0x85, 0x2028, 0x2029: true
    default: false
    }
  }

  /// Python's `str.isprintable`.
  var isPrintable: Bool {
    switch properties.generalCategory {
    case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator,
      .paragraphSeparator:
      false
    case .spaceSeparator: value == 0x20
    default: true
    }
  }

  /// Python's `str.isalpha`.
  var isLetter: Bool {
    switch properties.generalCategory {
    case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter: true
    default: false
    }
  }

  var isDecimalDigit: Bool { properties.generalCategory == .decimalNumber }
  var isNumeric: Bool { properties.numericType != nil }
  var isDigit: Bool { properties.numericType == .decimal || properties.numericType == .digit }

  var isIdentifierStart: Bool { self == "_" || properties.isXIDStart }
  var isIdentifierPart: Bool { properties.isXIDContinue }
}

extension Text {
  var uppercased: Text {
    mapped {
      $0.properties.uppercaseMapping
    } ascii: {
      upper($0)
    }
  }

  var lowercased: Text {
    if isASCII {
      return mapped {
        String($0)
      } ascii: {
        lower($0)
      }
    }
    var output = ""
    let scalars = Array(scalars)
    for (index, scalar) in scalars.enumerated() {
      let isFinalSigma = scalar == "Σ" && endsWord(scalars, at: index)
      output += isFinalSigma ? "ς" : scalar.properties.lowercaseMapping
    }
    return Text(output).marked(like: self)
  }

  /// First character in title case, the others in lower case.
  var capitalized: Text {
    guard let first = scalars.first else { return self }
    let rest = slice(1..<count).lowercased.string
    return Text(first.properties.titlecaseMapping + rest).marked(like: self)
  }

  var swappedCase: Text {
    mapped {
      $0.properties.isUppercase ? $0.properties.lowercaseMapping : $0.properties.uppercaseMapping
    } ascii: {
      upper($0) == $0 ? lower($0) : upper($0)
    }
  }

  /// Python's `str.title`: a capital after everything that has no case.
  var titled: Text {
    var output = ""
    var isInWord = false
    for scalar in scalars {
      let properties = scalar.properties
      output += isInWord ? properties.lowercaseMapping : properties.titlecaseMapping
      isInWord = properties.isCased
    }
    return Text(output).marked(like: self)
  }

  private func mapped(
    _ map: (Unicode.Scalar) -> String, ascii: (UInt8) -> UInt8
  ) -> Text {
    if isASCII { return Text(bytes: bytes.map(ascii), marks: marks) }
    var output = ""
    for scalar in scalars { output += map(scalar) }
    return Text(output).marked(like: self)
  }
}

private func upper(_ byte: UInt8) -> UInt8 {
  (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) ? byte - 32 : byte
}

private func lower(_ byte: UInt8) -> UInt8 {
  (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) ? byte + 32 : byte
}

/// The condition of the Greek final sigma: a cased letter before, none after.
private func endsWord(_ scalars: [Unicode.Scalar], at index: Int) -> Bool {
  func firstRelevant(_ part: some Sequence<Unicode.Scalar>) -> Unicode.Scalar? {
    part.first { !$0.properties.isCaseIgnorable }
  }
  let before = firstRelevant(scalars[..<index].reversed())
  let after = firstRelevant(scalars[(index + 1)...])
  return before?.properties.isCased == true && after?.properties.isCased != true
}

// MARK: - Stripping

extension Text {
  enum Side { case left, right, both }

  /// Python's `strip`, `lstrip` and `rstrip`: white space, or any of the given characters.
  func stripped(_ side: Side = .both, _ characters: Text? = nil) -> Text {
    let wanted = characters.map { Set($0.scalars) }
    func isStripped(_ scalar: Unicode.Scalar) -> Bool {
      wanted?.contains(scalar) ?? scalar.isPythonSpace
    }
    var lower = 0
    var upper = bytes.count
    if side != .right {
      while lower < upper {
        let (scalar, length) = scalar(at: lower)
        guard isStripped(scalar) else { break }
        lower += length
      }
    }
    if side != .left {
      while upper > lower {
        let (scalar, length) = scalar(before: upper)
        guard isStripped(scalar) else { break }
        upper -= length
      }
    }
    return self[lower..<upper]
  }

  /// The character that begins at a byte offset, and its length in bytes.
  func scalar(at offset: Int) -> (Unicode.Scalar, length: Int) { Scanner(bytes).scalar(at: offset) }

  /// The character that ends at a byte offset, and its length in bytes.
  func scalar(before offset: Int) -> (Unicode.Scalar, length: Int) {
    var start = offset - 1
    while bytes[start] & 0xC0 == 0x80 { start -= 1 }
    return scalar(at: start)
  }

  /// Reads characters out of valid UTF-8.
  struct Scanner {
    let bytes: [UInt8]

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    func scalar(at offset: Int) -> (Unicode.Scalar, length: Int) {
      let first = bytes[offset]
      if first < 0x80 { return (Unicode.Scalar(first), 1) }
      let length = first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4
      var value = UInt32(first) & (0x7F >> UInt32(length))
      for byte in bytes[(offset + 1)..<(offset + length)] {
        value = value << 6 | UInt32(byte & 0x3F)
      }
      return (Unicode.Scalar(value) ?? "\u{FFFD}", length)
    }
  }
}
