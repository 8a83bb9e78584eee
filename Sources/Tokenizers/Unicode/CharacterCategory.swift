/// Unicode's general categories, in the order of `CategoryData`.
enum CharacterCategory: UInt8 {
  case uppercase, lowercase, titlecase, modifierLetter, otherLetter
  case nonspacingMark, spacingMark, enclosingMark
  case decimalNumber, letterNumber, otherNumber
  case connector, dash, openPunctuation, closePunctuation, initialQuote, finalQuote
  case otherPunctuation
  case mathSymbol, currencySymbol, modifierSymbol, otherSymbol
  case space, lineSeparator, paragraphSeparator
  case control, format, surrogate, privateUse, unassigned
}

/// A set of categories, as a mask that one character is tested against.
struct CategorySet: Sendable {
  let mask: UInt32

  init(_ categories: CharacterCategory...) {
    mask = categories.reduce(0) { $0 | 1 << UInt32($1.rawValue) }
  }

  init(_ sets: CategorySet...) { mask = sets.reduce(0) { $0 | $1.mask } }

  @inline(__always)
  func contains(_ category: UInt8) -> Bool { mask >> UInt32(category & 0x1F) & 1 != 0 }

  static let letters = CategorySet(
    .uppercase, .lowercase, .titlecase, .modifierLetter, .otherLetter)
  static let marks = CategorySet(.nonspacingMark, .spacingMark, .enclosingMark)
  static let numbers = CategorySet(.decimalNumber, .letterNumber, .otherNumber)
  static let punctuation = CategorySet(
    .connector, .dash, .openPunctuation, .closePunctuation, .initialQuote, .finalQuote,
    .otherPunctuation)
  static let symbols = CategorySet(
    .mathSymbol, .currencySymbol, .modifierSymbol, .otherSymbol)
}

/// What every character is: its category in the lower five bits, and flags above.
///
/// The data is that of Unicode 16, which the regular expressions of the reference use, whatever
/// version the Swift library has.
struct CharacterTable: Sendable {
  static let shared = CharacterTable()

  static let whiteSpaceFlag: UInt8 = 0x20
  static let lineBreakFlag: UInt8 = 0x40

  /// Which page of 256 characters a character's properties are on. (0x1100)
  private let pageOfBlock: [UInt16]
  /// The properties, page by page. (pages, 256)
  private let pages: [UInt8]

  private init() {
    var builder = PageBuilder()
    let runs = PackedNumbers.decode(CategoryData.runs)
    for index in stride(from: 0, to: runs.count, by: 2) {
      builder.append(UInt8(runs[index]), count: runs[index + 1])
    }
    for character in Self.whiteSpace.joined() {
      builder.set(Self.whiteSpaceFlag, of: character)
    }
    builder.set(Self.lineBreakFlag, of: 0x0A)
    builder.set(Self.lineBreakFlag, of: 0x0D)
    pageOfBlock = builder.pageOfBlock
    pages = builder.pages
  }

  /// Unicode's White_Space.
  private static let whiteSpace: [ClosedRange<Int>] = [
    0x09...0x0D, 0x20...0x20, 0x85...0x85, 0xA0...0xA0, 0x1680...0x1680, 0x2000...0x200A,
    0x2028...0x2029, 0x202F...0x202F, 0x205F...0x205F, 0x3000...0x3000,
  ]

  /// Category and flags of a character.
  @inline(__always)
  subscript(character: UInt32) -> UInt8 {
    let block = Int(character >> 8)
    guard block < pageOfBlock.count else { return CharacterCategory.unassigned.rawValue }
    return pages[Int(pageOfBlock[block]) << 8 | Int(character & 0xFF)]
  }
}

extension CharacterTable {
  /// Lends the table without its checks to a scanner's loop.
  func withClasses<Result>(_ body: (UnsafeCharacterClasses) throws -> Result) rethrows -> Result {
    try pageOfBlock.withUnsafeBufferPointer { blocks in
      try pages.withUnsafeBufferPointer { pages in
        try body(UnsafeCharacterClasses(pageOfBlock: blocks, pages: pages))
      }
    }
  }
}

/// The character table as a scanner's inner loop reads it. Valid inside `withClasses` only.
struct UnsafeCharacterClasses {
  fileprivate let pageOfBlock: UnsafeBufferPointer<UInt16>
  fileprivate let pages: UnsafeBufferPointer<UInt8>

  @inline(__always)
  func ascii(_ byte: UInt8) -> UInt8 { pages[Int(byte)] }

  /// The class of a character, which a valid text holds: below 0x110000.
  @inline(__always)
  subscript(character: UInt32) -> UInt8 {
    pages[Int(pageOfBlock[Int(character >> 8)]) << 8 | Int(character & 0xFF)]
  }
}

/// Lays properties out page by page. Blocks whose characters are all alike share a page.
private struct PageBuilder {
  private(set) var pageOfBlock: [UInt16] = []
  private(set) var pages: [UInt8] = []
  private var uniformPages: [UInt8: UInt16] = [:]
  /// The block that isn't full yet.
  private var block: [UInt8] = []

  mutating func append(_ value: UInt8, count: Int) {
    var left = count
    while left > 0 {
      if block.isEmpty, left >= 256 {
        pageOfBlock.append(uniformPage(value))
        left -= 256
      } else {
        let taken = min(left, 256 - block.count)
        block.append(contentsOf: repeatElement(value, count: taken))
        left -= taken
        if block.count == 256 { pageOfBlock.append(addPage()) }
      }
    }
  }

  /// Adds a flag to one character, whose block must not be a uniform one.
  mutating func set(_ flag: UInt8, of character: Int) {
    pages[Int(pageOfBlock[character >> 8]) << 8 | character & 0xFF] |= flag
  }

  private mutating func addPage() -> UInt16 {
    pages += block
    block.removeAll(keepingCapacity: true)
    return UInt16(pages.count / 256 - 1)
  }

  private mutating func uniformPage(_ value: UInt8) -> UInt16 {
    if let page = uniformPages[value] { return page }
    block = [UInt8](repeating: value, count: 256)
    let page = addPage()
    uniformPages[value] = page
    return page
  }
}
