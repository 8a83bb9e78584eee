import Foundation
import JSON

/// A slow, plain checker of values against schemas, which shares nothing with the grammar's.
public struct SchemaChecker {
  let root: JSON

  public init(root: JSON) { self.root = root }

  public func accepts(_ value: JSON, _ schema: JSON) -> Bool {
    guard let rules = schema.object else { return schema.bool ?? false }
    return accepts(anything: value, rules) && accepts(combined: value, rules)
      && accepts(typed: value, rules)
  }

  private func accepts(anything value: JSON, _ rules: JSONObject) -> Bool {
    if let constant = rules["const"], constant != value { return false }
    if let values = rules["enum"]?.array, !values.contains(value) { return false }
    if let type = rules["type"] {
      let names = type.array?.compactMap(\.string) ?? [type.string ?? ""]
      if !names.contains(where: { isOf($0, value) }) { return false }
    }
    return true
  }

  private func isOf(_ type: String, _ value: JSON) -> Bool {
    switch (type, value) {
    case ("null", .null), ("boolean", .bool), ("string", .string), ("array", .array),
      ("object", .object), ("number", .integer), ("number", .number), ("integer", .integer):
      true
    case ("integer", .number(let number)): number == number.rounded()
    default: false
    }
  }

  private func accepts(combined value: JSON, _ rules: JSONObject) -> Bool {
    if let reference = rules["$ref"]?.string {
      var target = root
      for part in reference.split(separator: "/").dropFirst() {
        target = target[String(part)] ?? .bool(false)
      }
      if !accepts(value, target) { return false }
    }
    if let all = rules["allOf"]?.array, !all.allSatisfy({ accepts(value, $0) }) { return false }
    if let any = rules["anyOf"]?.array, !any.contains(where: { accepts(value, $0) }) {
      return false
    }
    if let one = rules["oneOf"]?.array, one.filter({ accepts(value, $0) }).count != 1 {
      return false
    }
    if let not = rules["not"], accepts(value, not) { return false }
    if let condition = rules["if"] {
      let branch = accepts(value, condition) ? rules["then"] : rules["else"]
      if let branch, !accepts(value, branch) { return false }
    }
    return true
  }

  private func accepts(typed value: JSON, _ rules: JSONObject) -> Bool {
    switch value {
    case .string(let text): accepts(text, rules)
    case .integer, .number: accepts(number: value.double ?? 0, rules)
    case .array(let elements): accepts(elements, rules)
    case .object(let object): accepts(object, rules)
    case .null, .bool: true
    }
  }

  private func accepts(_ text: String, _ rules: JSONObject) -> Bool {
    let count = text.unicodeScalars.count
    if count < rules["minLength"]?.integer ?? 0 { return false }
    if count > rules["maxLength"]?.integer ?? .max { return false }
    if let pattern = rules["pattern"]?.string {
      return text.range(of: pattern, options: .regularExpression) != nil
    }
    return true
  }

  private func accepts(number: Double, _ rules: JSONObject) -> Bool {
    if let bound = rules["minimum"]?.double, number < bound { return false }
    if let bound = rules["maximum"]?.double, number > bound { return false }
    if let bound = rules["exclusiveMinimum"]?.double, number <= bound { return false }
    if let bound = rules["exclusiveMaximum"]?.double, number >= bound { return false }
    if let divisor = rules["multipleOf"]?.double {
      return (number / divisor).truncatingRemainder(dividingBy: 1) == 0
    }
    return true
  }

  private func accepts(_ elements: [JSON], _ rules: JSONObject) -> Bool {
    if elements.count < rules["minItems"]?.integer ?? 0 { return false }
    if elements.count > rules["maxItems"]?.integer ?? .max { return false }
    if rules["uniqueItems"]?.bool == true {
      for (index, element) in elements.enumerated() where elements[..<index].contains(element) {
        return false
      }
    }
    let prefix = rules["prefixItems"]?.array ?? []
    for (index, element) in elements.enumerated() {
      let schema = index < prefix.count ? prefix[index] : rules["items"] ?? true
      if !accepts(element, schema) { return false }
    }
    return true
  }

  private func accepts(_ object: JSONObject, _ rules: JSONObject) -> Bool {
    for key in rules["required"]?.array ?? [] where object[key.string ?? ""] == nil { return false }
    if object.count < rules["minProperties"]?.integer ?? 0 { return false }
    if object.count > rules["maxProperties"]?.integer ?? .max { return false }
    for (key, value) in object {
      var isKnown = false
      if let schema = rules["properties"]?[key] {
        isKnown = true
        if !accepts(value, schema) { return false }
      }
      for (pattern, schema) in rules["patternProperties"]?.object ?? JSONObject()
      where key.range(of: pattern, options: .regularExpression) != nil {
        isKnown = true
        if !accepts(value, schema) { return false }
      }
      if !isKnown, let schema = rules["additionalProperties"], !accepts(value, schema) {
        return false
      }
      if let names = rules["propertyNames"], !accepts(.string(key), names) { return false }
    }
    return true
  }
}
