import Testing

@testable import JSON

@Suite struct JSONTests {
  @Test func membersKeepTheirOrderAndRepeatedKeysTakeTheLastValue() throws {
    let value = try JSON(parsing: #"{"b": 1, "a": [true, null], "b": 2.5}"#)
    #expect(value.text() == #"{"b":2.5,"a":[true,null]}"#)
    #expect(value.text(style: .spaced) == #"{"b": 2.5, "a": [true, null]}"#)
  }

  @Test func keysThatAreCanonicallyEquivalentStayApart() throws {
    let value = try JSON(parsing: "{\"\u{E9}\": 1, \"e\u{301}\": 2}")
    #expect(value.object?.count == 2)
    #expect(value["\u{E9}"]?.integer == 1)
    #expect(value["e\u{301}"]?.integer == 2)
  }

  @Test func longObjectsAreLookedUpByKeyAndForgetRemovedOnes() {
    var object = JSONObject()
    for index in 0..<100 { object["key\(index)"] = .integer(index) }
    #expect(object["key77"]?.integer == 77)
    object["key50"] = nil
    #expect(object.count == 99)
    #expect(object["key50"] == nil)
    #expect(object["key99"]?.integer == 99)
  }

  @Test func numbersOfPythonAreRead() throws {
    let value = try JSON(parsing: "[NaN, Infinity, -Infinity, 1e400, 18446744073709551616, -0]")
    let numbers = try #require(value.array)
    #expect(numbers[0].double?.isNaN == true)
    #expect(numbers[1].double == .infinity)
    #expect(numbers[2].double == -.infinity)
    #expect(numbers[4].double == 18_446_744_073_709_551_616)
    #expect(numbers[5].integer == 0)
  }

  @Test func escapesAndSurrogatesAreDecoded() throws {
    let value = try JSON(parsing: #""\u00e9\ud83d\ude00\n\/\ud83dx""#)
    #expect(value.string == "é😀\n/\u{FFFD}x")
    #expect(JSON.string("a\"\\\n\u{1}é").text() == #""a\"\\\n\u0001é""#)
  }

  @Test(arguments: [
    "", "{", "[1,]", "{\"a\" 1}", "01", "+1", ".5", "1.", "1e", "tru", "\"a", "\"\\x\"", "[1] 2",
    "{1:2}", "\"\u{1}\"", "-", "--1", "nul", "[", "]", ",", "{\"a\":1,}",
  ])
  func brokenTextIsRefused(_ text: String) {
    #expect(throws: JSONError.self) { try JSON(parsing: text) }
  }

  @Test func invalidUTF8AndDeepNestingAreRefused() {
    #expect(throws: JSONError.self) { try JSON(parsing: [0x22, 0xFF, 0x22]) }
    #expect(throws: JSONError.self) { try JSON(parsing: [0x22, 0xC3, 0x22]) }
    let deep = String(repeating: "[", count: 100_000)
    #expect(throws: JSONError.self) { try JSON(parsing: deep) }
  }

  @Test func errorsNameTheLine() {
    do {
      _ = try JSON(parsing: "{\n  \"a\": 1,\n  b\n}")
      Issue.record("accepted")
    } catch {
      #expect("\(error)" == "expected a member name at line 3 (byte 14)")
    }
  }

  @Test func textReadsBackAsTheSameValue() throws {
    let value: JSON = ["a": [1, 2.5, nil, true, "x"], "b": [:], "c": []]
    for style in [JSON.Style.compact, .spaced, .indented] {
      #expect(try JSON(parsing: value.text(style: style)) == value)
    }
  }

  @Test func `Memory is counted for all that a value holds`() throws {
    #expect(try JSON(parsing: "12").heapBytes == 0)
    #expect(try JSON(parsing: #""fifteen bytes""#).heapBytes == 0)
    let text = JSON.string(String(repeating: "a", count: 1000))
    #expect((1000...1100).contains(text.heapBytes))
    #expect(JSON.array([text, text]).heapBytes > 2 * text.heapBytes)
    #expect(JSON.object(JSONObject([(key: "a", value: text)])).heapBytes > text.heapBytes)
    // Numbers take many times what they take as text.
    let numbers = try JSON(parsing: "[" + String(repeating: "1,", count: 9999) + "1]")
    #expect(numbers.heapBytes >= 10_000 * MemoryLayout<JSON>.stride)
    let members = (0..<100).map { (key: "k\($0)", value: JSON.null) }
    #expect(JSON.object(JSONObject(members)).heapBytes > 100 * 50)
  }
}
