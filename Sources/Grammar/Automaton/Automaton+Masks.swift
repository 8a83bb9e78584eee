/// Which tokens may come: the part that an expression decides alone is kept for all grammars of
/// the vocabulary, and only tokens that leave it in their middle are followed each time.

/// The tokens that may come in one configuration.
struct ConfigurationMask: Sendable {
  var tokens: TokenMask
  /// Everything may come, tokens without a text included.
  var isEverything: Bool
}

extension Automaton {
  /// Masks kept before they are dropped, in words.
  private static let keptMaskWords = 2 << 20
  /// Exits of an expression beyond this aren't listed.
  private static let mostExits = 4096

  /// The tokens that may come.
  mutating func mask(of configuration: Int32) -> ConfigurationMask {
    if hasFailed {
      return ConfigurationMask(tokens: TokenMask(count: vocabulary.count), isEverything: false)
    }
    if let known = masks[configuration] { return known }
    grantToken()
    var tokens = TokenMask(count: vocabulary.count)
    for item in Array(items(of: configuration)) { add(item, to: &tokens) }
    if canEnd(configuration) { tokens.formUnion(vocabulary.stopMask) }
    if hasFailed { return mask(of: configuration) }
    let isFree = canEnd(configuration) && items(of: configuration).contains { $0.kind == .free }
    let result = ConfigurationMask(
      tokens: tokens, isEverything: isFree && tokens.count == vocabulary.everythingCount)
    if masks.count * tokens.words.count > Self.keptMaskWords { masks = [:] }
    masks[configuration] = result
    return result
  }

  private mutating func add(_ item: Item, to tokens: inout TokenMask) {
    if item.kind == .special { return tokens.insert(item.state) }
    if item.kind == .free {
      var special = vocabulary.specialMask
      for token in freeStarts[Int(item.free)].excluded { special.remove(token) }
      tokens.formUnion(special)
    }
    let local = localMask(item.state)
    local.add(to: &tokens, vocabulary)
    guard !local.exits.isEmpty || local.hasTooManyExits else { return }
    let behind = configuration(behind: [item.tail])
    guard !configurations[Int(behind)].first.isEmpty else { return }
    if local.hasTooManyExits {
      walk(vocabulary.trie, below: 0, from: configuration(of: item), &tokens)
    } else {
      let trie = local.exitsAreOther ? vocabulary.otherTrie : vocabulary.trie
      for exit in local.exits { walk(trie, below: Int(exit), from: behind, &tokens) }
    }
  }

  /// Adds the tokens below a node that a configuration takes.
  private mutating func walk(
    _ trie: TokenTrie, below top: Int, from start: Int32, _ tokens: inout TokenMask
  ) {
    var states = [start]
    let base = Int(trie.depths[top]) + 1
    let end = Int(trie.ends[top])
    var node = top + 1
    while node < end {
      let depth = Int(trie.depths[node]) - base
      let next = step(states[depth], trie.bytes[node])
      if next == Self.dead {
        node = Int(trie.ends[node])
        continue
      }
      for index in trie.tokenStarts[node]..<trie.tokenStarts[node + 1] {
        tokens.insert(trie.ids[Int(index)])
      }
      if depth + 1 < states.count { states[depth + 1] = next } else { states.append(next) }
      node += 1
    }
  }
}

// MARK: - Expressions

extension Automaton {
  /// What an expression decides alone.
  private mutating func localMask(_ expression: Expression) -> LocalMask {
    if let known = localMasks[expression] { return known }
    let clipped = pool.clipped(expression, horizon: Int32(vocabulary.longestToken))
    let identity = pool.traits[Int(clipped)].identity
    let result: LocalMask
    if let known = vocabulary.localMask(identity) {
      result = known
    } else {
      result = makeLocalMask(clipped)
      // What isn't complete mustn't reach other grammars.
      if !hasFailed { vocabulary.remember(result, identity) }
    }
    localMasks[expression] = result
    localMaskBytes += result.bytes
    return result
  }

  private mutating func makeLocalMask(_ expression: Expression) -> LocalMask {
    let plain = plainCharacters(expression)
    let trie = plain == nil ? vocabulary.trie : vocabulary.otherTrie
    var mask = TokenMask(count: vocabulary.count)
    var exits: [Int32] = []
    var hasTooManyExits = false
    let loop = selfLoop(expression)
    let isNullable = pool.isNullable(expression)
    var states = [Expression](repeating: expression, count: vocabulary.longestToken + 1)
    var node = 1
    while node < trie.count {
      let depth = Int(trie.depths[node])
      let next = step(expression: states[depth - 1], trie.bytes[node])
      if next == ExpressionPool.never {
        node = Int(trie.ends[node])
        continue
      }
      if next == expression, !(isNullable && exits.count < Self.mostExits),
        let set = trie.set(below: node), set.isSubset(of: loop)
      {
        hasTooManyExits = hasTooManyExits || isNullable
        mask.insert(trie.tokens(below: node))
        node = Int(trie.ends[node])
        continue
      }
      mask.insert(trie.tokens(at: node))
      states[depth] = next
      if pool.isNullable(next), trie.hasChildren(node) {
        if exits.count < Self.mostExits {
          exits.append(Int32(node))
        } else {
          hasTooManyExits = true
        }
      }
      node += 1
    }
    return LocalMask(
      plain: plain, mask: mask, exits: hasTooManyExits ? [] : exits, exitsAreOther: plain != nil,
      hasTooManyExits: hasTooManyExits)
  }

  /// Bytes that lead from an expression to itself.
  private mutating func selfLoop(_ expression: Expression) -> ByteSet {
    var looping: Set<UInt8> = []
    for (number, byte) in classes.representatives.enumerated()
    where step(expression: expression, byte) == expression {
      looping.insert(UInt8(number))
    }
    var result = ByteSet()
    for byte in UInt8.min...UInt8.max where looping.contains(classes.classOf[Int(byte)]) {
      result.insert(byte)
    }
    return result
  }

  /// Where the rest of a JSON string comes, how many characters it may still have at most, as a
  /// number of a mask of the vocabulary.
  private func plainCharacters(_ expression: Expression) -> Int? {
    let node = pool[expression]
    guard node.kind == .concatenation, pool.isQuote(node.second) else { return nil }
    let repetition = pool[node.first]
    guard repetition.kind == .repetition, pool.stringCharacters.contains(repetition.first) else {
      return nil
    }
    let most = vocabulary.plainMasks.count - 1
    return repetition.third == -1 ? most : min(Int(repetition.third), most)
  }
}

extension TokenTrie {
  /// The bytes below a node; nil where the subtree is small.
  func set(below node: Int) -> ByteSet? {
    setOf[node] < 0 ? nil : sets[Int(setOf[node])]
  }
}
