/// An element, or word that none came for a while.
enum Pulse<Element: Sendable>: Sendable {
  case element(Element)
  case silence
}
