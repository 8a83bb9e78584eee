import CPCRE2

/// A regular expression as tokenizer.json means it (Oniguruma's Ruby syntax), run by PCRE2.
final class RegularExpression: Pattern, @unchecked Sendable {
  private let code: OpaquePointer

  /// Steps that one search may take before it gives up: a pattern is hostile input, too.
  private static let matchLimit: UInt32 = 20_000_000

  init(_ source: String, component: Component, key: String) throws {
    var pattern: [UInt8]
    do throws(RegexTranslationError) {
      pattern = Array(try RegexTranslation(source).translated.utf8)
    } catch {
      throw component.error("the regular expression can't be used: \(error.message)", at: key)
    }
    if pattern.isEmpty { pattern = Array("(?:)".utf8) }
    var status: Int32 = 0
    var offset = 0
    let options = PCRE2_UTF | PCRE2_UCP | PCRE2_MULTILINE | PCRE2_NEVER_BACKSLASH_C
    let code = pattern.withUnsafeBufferPointer {
      pcre2_compile_8($0.baseAddress, $0.count, options, &status, &offset, nil)
    }
    guard let code else {
      throw component.error(
        "the regular expression can't be used: \(Self.message(status)) at byte \(offset)", at: key)
    }
    pcre2_jit_compile_8(code, UInt32(PCRE2_JIT_COMPLETE))
    self.code = code
  }

  deinit { pcre2_code_free_8(code) }

  private static func message(_ status: Int32) -> String {
    var text = [UInt8](repeating: 0, count: 256)
    pcre2_get_error_message_8(status, &text, text.count)
    return String(decoding: text.prefix { $0 != 0 }, as: UTF8.self)
  }

  func forEachMatch(
    in text: UnsafeBufferPointer<UInt8>, words: [Range<Int>],
    found: (Range<Int>) -> Void, wordEnded: () -> Void
  ) {
    let search = Search(code, matchLimit: Self.matchLimit)
    for word in words {
      let subject = UnsafeBufferPointer(rebasing: text[word])
      var position = 0
      var lastEnd: Int?
      while position <= subject.count, let match = search.firstMatch(in: subject, from: position) {
        if match.isEmpty, match.lowerBound == lastEnd {
          // An empty match right after a match would be found for ever.
          position += position < subject.count ? utf8Length(startingWith: subject[position]) : 1
          continue
        }
        position = match.upperBound
        lastEnd = position
        found(word.lowerBound + match.lowerBound..<word.lowerBound + match.upperBound)
      }
      wordEnded()
    }
  }
}

/// What PCRE2 needs to run one expression on one thread.
private final class Search {
  private let code: OpaquePointer
  private let matches: OpaquePointer?
  private let context: OpaquePointer?
  private let stack: OpaquePointer?

  init(_ code: OpaquePointer, matchLimit: UInt32) {
    self.code = code
    matches = pcre2_match_data_create_from_pattern_8(code, nil)
    context = pcre2_match_context_create_8(nil)
    stack = pcre2_jit_stack_create_8(32 << 10, 4 << 20, nil)
    pcre2_jit_stack_assign_8(context, nil, UnsafeMutableRawPointer(stack))
    pcre2_set_match_limit_8(context, matchLimit)
    pcre2_set_heap_limit_8(context, 64 << 10)
  }

  deinit {
    pcre2_match_data_free_8(matches)
    pcre2_match_context_free_8(context)
    pcre2_jit_stack_free_8(stack)
  }

  /// The first match at `start` or later. A search that exceeds its limits has found nothing.
  func firstMatch(in subject: UnsafeBufferPointer<UInt8>, from start: Int) -> Range<Int>? {
    var count = match(subject, from: start, options: UInt32(PCRE2_NO_UTF_CHECK))
    if count == PCRE2_ERROR_JIT_STACKLIMIT {
      // The interpreter is slower, and keeps its state on the heap.
      count = match(subject, from: start, options: UInt32(PCRE2_NO_UTF_CHECK) | PCRE2_NO_JIT)
    }
    guard count > 0, let bounds = pcre2_get_ovector_pointer_8(matches) else { return nil }
    // \K may set a match's start beyond its end.
    return bounds[0] <= bounds[1] ? Int(bounds[0])..<Int(bounds[1]) : nil
  }

  private func match(
    _ subject: UnsafeBufferPointer<UInt8>, from start: Int, options: UInt32
  ) -> Int32 {
    pcre2_match_8(code, subject.baseAddress, subject.count, start, options, matches, context)
  }
}
