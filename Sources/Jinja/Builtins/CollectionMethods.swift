/// The methods of Python's `list`, `tuple` and `dict` that change nothing.

let listMethods: [String: Method<List>] = [
  "count": { arguments, list, _ in
    let wanted = try arguments.bind("count", ["value"], required: 1)[0] ?? .none
    return .integer(list.elements.count { areEqual($0, wanted) })
  },
  "index": { arguments, list, _ in
    let values = try arguments.bind("index", ["value", "start", "stop"], required: 1)
    func clipped(_ index: Int) -> Int {
      index < 0 ? max(index &+ list.elements.count, 0) : min(index, list.elements.count)
    }
    let start = clipped(try integerArgument(values[1], "index") ?? 0)
    let stop = clipped(try integerArgument(values[2], "index") ?? .max)
    let wanted = values[0] ?? .none
    let found = list.elements.indices.first {
      $0 >= start && $0 < stop && areEqual(list.elements[$0], wanted)
    }
    guard let found else { throw Failure("\(wanted.representation) is not in list") }
    return .integer(found)
  },
  "copy": { arguments, list, _ in
    _ = try arguments.bind("copy", [])
    return .list(list)
  },
]

let dictionaryMethods: [String: Method<Mapping>] = [
  "get": { arguments, mapping, _ in
    guard arguments.named.isEmpty else { throw Failure("dict.get() takes no keyword arguments") }
    let values = try arguments.bind("get", ["key", "default"], required: 1)
    return mapping.value(try HashedKey(values[0] ?? .none)) ?? values[1] ?? .none
  },
  "keys": { arguments, mapping, _ in
    _ = try arguments.bind("keys", [])
    return .object(try MappingView("dict_keys", mapping.keys))
  },
  "values": { arguments, mapping, _ in
    _ = try arguments.bind("values", [])
    return .object(try MappingView("dict_values", mapping.values))
  },
  "items": { arguments, mapping, renderer in
    _ = try arguments.bind("items", [])
    try renderer.spend(mapping.count)
    return .object(try MappingView("dict_items", items(of: mapping)))
  },
  "copy": { arguments, mapping, _ in
    _ = try arguments.bind("copy", [])
    return .dictionary(mapping)
  },
  "fromkeys": { arguments, _, _ in try fromKeys(arguments) },
]

/// The members as tuples.
func items(of mapping: Mapping) throws -> [Value] {
  try zip(mapping.keys, mapping.values).map { try .tuple([$0, $1]) }
}
