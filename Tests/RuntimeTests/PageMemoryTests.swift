import Foundation
import Testing

@testable import Runtime

/// Pages of keys and values become real before a step needs them.
@Suite struct PageMemoryTests {
  #if os(Linux)
    @Test func `pages are made real piece by piece, as many as are asked for`() throws {
      let pageBytes = 3 << 20
      let pages = try #require(PageMemory(count: 8, pageBytes: pageBytes))
      #expect(resident(pages, 0..<8) == 0)
      guard pages.prepareNextPiece(after: 1, ahead: 2) else { return }  // Linux before 5.14
      let first = resident(pages, 0..<8)
      #expect(first > 0 && first < 2 * pageBytes)
      while pages.prepareNextPiece(after: 1, ahead: 2) {}
      #expect(resident(pages, 1..<3) == 2 * pageBytes)
      // Large pages may bring what is next to them.
      #expect(resident(pages, 0..<8) < 6 * pageBytes)
      while pages.prepareNextPiece(after: 4, ahead: 100) {}
      #expect(resident(pages, 4..<8) == 4 * pageBytes)
      #expect(!pages.prepareNextPiece(after: 8, ahead: 1))
    }

    @Test func `what stands in a page stays when it is made real`() throws {
      let pages = try #require(PageMemory(count: 2, pageBytes: 1 << 20))
      pages.start.storeBytes(of: 41, toByteOffset: 8, as: UInt8.self)
      pages.start.storeBytes(of: 42, toByteOffset: 2 << 20 - 1, as: UInt8.self)
      while pages.prepareNextPiece(after: 0, ahead: 2) {}
      #expect(pages.start.load(fromByteOffset: 8, as: UInt8.self) == 41)
      #expect(pages.start.load(fromByteOffset: 2 << 20 - 1, as: UInt8.self) == 42)
      #expect(pages.start.load(as: UInt8.self) == 0)
    }

    /// Bytes of some pages that are in memory.
    private func resident(_ pages: PageMemory, _ range: Range<Int>) -> Int {
      let size = Int(sysconf(Int32(_SC_PAGESIZE)))
      var states = [UInt8](repeating: 0, count: range.count * pages.pageBytes / size)
      let start = pages.start + range.lowerBound * pages.pageBytes
      guard mincore(start, range.count * pages.pageBytes, &states) == 0 else { return -1 }
      return states.count { $0 & 1 == 1 } * size
    }
  #endif

  @Test func `the ledger knows how many pages were ever written to`() {
    var ledger = PageLedger(total: 4, pagePositions: 16)
    #expect(ledger.touched == 0)
    let pages = [ledger.allocate(), ledger.allocate()].compactMap(\.self)
    #expect(ledger.touched == 2)
    ledger.release(pages)
    _ = ledger.allocate()
    #expect(ledger.touched == 2)
    for _ in 0..<3 { _ = ledger.allocate() }
    #expect(ledger.touched == 4)
    #expect(ledger.allocate() == nil)
    #expect(ledger.touched == 4)
  }
}
