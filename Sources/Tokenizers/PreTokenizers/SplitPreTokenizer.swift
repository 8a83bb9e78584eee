/// `Split`: cuts where a text or a regular expression matches.
struct SplitPreTokenizer: PreTokenizer {
  private let pattern: any Pattern
  private let behavior: SplitBehavior
  private let invert: Bool

  init(_ component: Component) throws {
    pattern = try PatternSetting(component, "pattern").pattern
    behavior = try SplitBehavior.read(component)
    invert = try component.bool("invert", default: false)
  }

  func cut(_ text: inout WordText) { text.split(at: pattern, behavior, invert: invert) }
}
