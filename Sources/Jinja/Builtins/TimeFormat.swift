/// Python's `datetime.strftime`, in the C locale and without a time zone.
extension LocalTime {
  func formatted(_ format: String) -> String {
    var output = ""
    var scalars = format.unicodeScalars.makeIterator()
    while let scalar = scalars.next() {
      guard scalar == "%" else {
        output.unicodeScalars.append(scalar)
        continue
      }
      guard var directive = scalars.next() else { return output + "%" }
      let isBare = directive == "-"
      if isBare {
        guard let next = scalars.next() else { return output + "%-" }
        directive = next
      }
      let text = part(directive)
      output += isBare ? String(text.drop { $0 == "0" || $0 == " " }) : text
      if isBare, text.allSatisfy({ $0 == "0" }), !text.isEmpty { output += "0" }
    }
    return output
  }

  private static let days = [
    "Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday",
  ]
  private static let months = [
    "January", "February", "March", "April", "May", "June", "July", "August", "September",
    "October", "November", "December",
  ]

  private func part(_ directive: Unicode.Scalar) -> String {
    switch directive {
    case "Y": String(year)
    case "C": padded(year / 100)
    case "y": padded(year % 100)
    case "G": String(isoWeek.year)
    case "m": padded(month)
    case "d": padded(day)
    case "e": padded(day, fill: " ")
    case "j": padded(dayOfYear, 3)
    case "H": padded(hour)
    case "I": padded(twelveHour)
    case "k": padded(hour, fill: " ")
    case "l": padded(twelveHour, fill: " ")
    case "M": padded(minute)
    case "S": padded(second)
    case "f": "000000"
    case "p": hour < 12 ? "AM" : "PM"
    case "P": hour < 12 ? "am" : "pm"
    case "A": Self.days[weekday]
    case "a": String(Self.days[weekday].prefix(3))
    case "B": monthName
    case "b", "h": String(monthName.prefix(3))
    case "w": String(weekday)
    case "u": String(weekday == 0 ? 7 : weekday)
    case "U": padded((dayOfYear + 6 - weekday) / 7)
    case "W": padded((dayOfYear + 6 - (weekday + 6) % 7) / 7)
    case "V": padded(isoWeek.week)
    case "D", "x": "\(padded(month))/\(padded(day))/\(padded(year % 100))"
    case "F": "\(year)-\(padded(month))-\(padded(day))"
    case "T", "X": "\(padded(hour)):\(padded(minute)):\(padded(second))"
    case "R": "\(padded(hour)):\(padded(minute))"
    case "r": "\(padded(twelveHour)):\(padded(minute)):\(padded(second)) \(part("p"))"
    case "c": "\(part("a")) \(part("b")) \(part("e")) \(part("T")) \(year)"
    case "n": "\n"
    case "t": "\t"
    case "%": "%"
    case "z", "Z": ""
    default: "%" + String(directive)
    }
  }

  private func padded(_ value: Int, _ width: Int = 2, fill: String = "0") -> String {
    let text = String(value)
    return String(repeating: fill, count: max(width - text.count, 0)) + text
  }

  private var twelveHour: Int { (hour + 11) % 12 + 1 }
  private var monthName: String { Self.months[min(max(month, 1), 12) - 1] }

  /// Days since 1 January, counted from 1.
  private var dayOfYear: Int { dayNumber(year, month, day) - dayNumber(year, 1, 1) + 1 }

  /// 0 for Sunday.
  private var weekday: Int { modulo(dayNumber(year, month, day) + 4, 7) }

  /// The ISO 8601 week, and the year it belongs to.
  private var isoWeek: (year: Int, week: Int) {
    let thursday = dayNumber(year, month, day) - (weekday + 6) % 7 + 3
    var isoYear = year
    if thursday < dayNumber(year, 1, 1) { isoYear -= 1 }
    if thursday >= dayNumber(year + 1, 1, 1) { isoYear += 1 }
    return (isoYear, (thursday - dayNumber(isoYear, 1, 1)) / 7 + 1)
  }
}

private func modulo(_ a: Int, _ b: Int) -> Int { (a % b + b) % b }

/// Days since 1970-01-01 in the Gregorian calendar.
private func dayNumber(_ year: Int, _ month: Int, _ day: Int) -> Int {
  let year = month <= 2 ? year - 1 : year
  let era = (year >= 0 ? year : year - 399) / 400
  let yearOfEra = year - era * 400
  let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
  let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
  return era * 146_097 + dayOfEra - 719_468
}
