/// How long steps of different sizes take, as it was measured when the model was compiled.
public struct StepCost: Sendable, Equatable {
  /// By ascending rows; at least one.
  private let points: [(rows: Double, seconds: Double)]

  /// - Parameter milliseconds: by the number of rows. Nil if there are none to go by.
  public init?(milliseconds: [Int: Double]) {
    let measured = milliseconds.filter { $0.key > 0 && $0.value > 0 && $0.value.isFinite }
    guard !measured.isEmpty else { return nil }
    var longest = 0.0
    points = measured.sorted { $0.key < $1.key }.map { rows, milliseconds in
      // A larger step that was measured as shorter is noise.
      longest = max(longest, milliseconds / 1000)
      return (Double(rows), longest)
    }
  }

  /// On the line between the points around, and on the last one's beyond them.
  func seconds(rows: Int) -> Double {
    let rows = Double(rows)
    guard let above = points.firstIndex(where: { $0.rows >= rows }) else {
      let last = points[points.count - 1]
      return last.seconds * rows / last.rows
    }
    guard above > 0 else { return points[0].seconds }
    let (a, b) = (points[above - 1], points[above])
    return a.seconds + (b.seconds - a.seconds) * (rows - a.rows) / (b.rows - a.rows)
  }

  public static func == (a: StepCost, b: StepCost) -> Bool {
    a.points.elementsEqual(b.points) { $0 == $1 }
  }
}
