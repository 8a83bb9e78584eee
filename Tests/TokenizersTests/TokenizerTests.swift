import Testing
import Tokenizers

@Test func placeholder() {}
