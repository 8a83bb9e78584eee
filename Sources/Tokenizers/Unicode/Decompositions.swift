/// How characters decompose and compose, by the reference's Unicode version.
struct Decompositions: Sendable {
  static let shared = Decompositions()

  /// What makes a character change, or change others, in some normalisation form.
  struct Flags {
    static let combines: UInt8 = 1  // it has a combining class
    static let canonical: UInt8 = 2  // it decomposes
    static let compatible: UInt8 = 4  // it decomposes into something only compatible
    static let composes: UInt8 = 8  // it may compose with the character before
    static let neverComposed: UInt8 = 16  // it decomposes for good
  }

  static let hangulBase: UInt32 = 0xAC00
  static let hangulCount: UInt32 = 11172
  private static let limit = 0x30000

  /// Flags of every character that has some. (0x30000)
  private var flags = [UInt8](repeating: 0, count: limit)
  private var classes: [UInt32: UInt8] = [:]
  private var canonical: [UInt32: [UInt32]] = [:]
  private var compatible: [UInt32: [UInt32]] = [:]
  private var compositions: [UInt64: UInt32] = [:]

  private init() {
    readClasses()
    canonical = Self.readMappings(DecompositionData.canonical)
    compatible = Self.readMappings(DecompositionData.compatible)
    for character in compatible.keys { flags[Int(character)] |= Flags.compatible }
    addCompositions()
    addHangul()
    // Decompositions are stored a step at a time, which the compositions are made of.
    for (character, mapping) in canonical { canonical[character] = mapping.flatMap(fully) }
  }

  private func fully(_ character: UInt32) -> [UInt32] {
    canonical[character].map { $0.flatMap(fully) } ?? [character]
  }

  private mutating func readClasses() {
    let runs = PackedNumbers.decode(DecompositionData.combiningClasses)
    var character = 0
    for index in stride(from: 0, to: runs.count, by: 2) {
      for _ in 0..<runs[index + 1] {
        if runs[index] > 0 {
          classes[UInt32(character)] = UInt8(runs[index])
          flags[character] |= Flags.combines
        }
        character += 1
      }
    }
  }

  /// Code point (from the one before), length, first scalar (from the one before), the others.
  private static func readMappings(_ text: StaticString) -> [UInt32: [UInt32]] {
    let numbers = PackedNumbers.decode(text)
    var mappings: [UInt32: [UInt32]] = [:]
    var character = -1
    var first = -1
    var index = 0
    while index < numbers.count {
      character += numbers[index] + 1
      first += PackedNumbers.signed(numbers[index + 2]) + 1
      let others = numbers[index + 3..<index + 2 + numbers[index + 1]]
      mappings[UInt32(character)] =
        [UInt32(first)] + others.map { UInt32(first + PackedNumbers.signed($0)) }
      index += 2 + numbers[index + 1]
    }
    return mappings
  }

  private mutating func addCompositions() {
    var excluded: Set<UInt32> = []
    var last = 0
    for step in PackedNumbers.decode(DecompositionData.excluded) {
      last += step
      excluded.insert(UInt32(last))
    }
    for (character, mapping) in canonical {
      flags[Int(character)] |= Flags.canonical
      if mapping.count == 2, !excluded.contains(character) {
        compositions[UInt64(mapping[0]) << 32 | UInt64(mapping[1])] = character
        flags[Int(mapping[1])] |= Flags.composes
      } else {
        flags[Int(character)] |= Flags.neverComposed
      }
    }
  }

  private mutating func addHangul() {
    for syllable in Self.hangulBase..<Self.hangulBase + Self.hangulCount {
      flags[Int(syllable)] |= Flags.canonical
    }
    for jamo in 0x1161...0x1175 { flags[jamo] |= Flags.composes }
    for jamo in 0x11A8...0x11C2 { flags[jamo] |= Flags.composes }
  }
}

extension Decompositions {
  @inline(__always)
  func flags(_ character: UInt32) -> UInt8 {
    character < Self.limit ? flags[Int(character)] : 0
  }

  func combiningClass(_ character: UInt32) -> UInt8 { classes[character] ?? 0 }

  /// Appends a character's full decomposition.
  func appendDecomposition(
    of character: UInt32, compatible isCompatible: Bool, to scalars: inout [UInt32]
  ) {
    if isCompatible, let mapping = compatible[character] {
      scalars += mapping
    } else if let mapping = canonical[character] {
      scalars += mapping
    } else if character >= Self.hangulBase, character < Self.hangulBase + Self.hangulCount {
      let index = character - Self.hangulBase
      scalars += [0x1100 + index / 588, 0x1161 + index % 588 / 28]
      if index % 28 > 0 { scalars.append(0x11A7 + index % 28) }
    } else {
      scalars.append(character)
    }
  }

  /// What two neighbours compose to.
  func composition(_ first: UInt32, _ second: UInt32) -> UInt32? {
    if (0x1100...0x1112).contains(first), (0x1161...0x1175).contains(second) {
      return Self.hangulBase + ((first - 0x1100) * 21 + second - 0x1161) * 28
    }
    let isSyllable = first >= Self.hangulBase && first < Self.hangulBase + Self.hangulCount
    if isSyllable, (first - Self.hangulBase) % 28 == 0, (0x11A8...0x11C2).contains(second) {
      return first + second - 0x11A7
    }
    return compositions[UInt64(first) << 32 | UInt64(second)]
  }
}
