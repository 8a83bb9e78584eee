import JSON
import Synchronization

/// The responses that clients may come back to, kept in memory: the latest ones, up to a number and
/// a size.
final class ResponseStore: Sendable {
  private struct Entry {
    var response: JSON
    let context: ResponseContext
    /// Bytes of memory for the response and its items.
    let bytes: Int
    /// When it was last used.
    var stamp: Int
  }

  private struct Content {
    var entries: [String: Entry] = [:]
    var bytes = 0
    var clock = 0

    @discardableResult
    mutating func remove(_ id: String) -> Bool {
      guard let entry = entries.removeValue(forKey: id) else { return false }
      bytes -= entry.bytes
      return true
    }
  }

  private let maximumCount: Int
  private let maximumBytes: Int
  private let content = Mutex(Content())

  init(maximumCount: Int = 1000, maximumBytes: Int = ServerMemory().responses) {
    self.maximumCount = maximumCount
    self.maximumBytes = maximumBytes
  }

  /// Keeps a response under its id, in place of an earlier state of it.
  func keep(_ response: JSON, after context: ResponseContext) {
    guard let id = response["id"]?.string else { return }
    let bytes =
      response.heapBytes + JSON.array(context.earlier).heapBytes
      + JSON.array(context.input).heapBytes + MemoryLayout<Entry>.stride
    content.withLock { content in
      content.remove(id)
      content.clock += 1
      content.entries[id] = Entry(
        response: response, context: context, bytes: bytes, stamp: content.clock)
      content.bytes += bytes
      while content.entries.count > maximumCount || content.bytes > maximumBytes {
        guard let oldest = content.entries.min(by: { $0.value.stamp < $1.value.stamp }) else {
          break
        }
        content.remove(oldest.key)
      }
    }
  }

  func response(_ id: String) -> JSON? { use(id)?.response }

  /// The items that the response was given, without those of the responses before it.
  func input(of id: String) -> [JSON]? { use(id)?.context.input }

  /// Every item of the conversation that ends with this response, which must be complete.
  func conversation(endingWith id: String) -> [JSON]? {
    guard let entry = use(id), entry.response["status"] != "in_progress",
      entry.response["status"] != "failed"
    else { return nil }
    return entry.context.earlier + entry.context.input + (entry.response["output"]?.array ?? [])
  }

  /// An item of any stored response, by its id.
  func item(_ id: String) -> JSON? {
    content.withLock { content in
      for entry in content.entries.values {
        let items = entry.context.input + (entry.response["output"]?.array ?? [])
        if let item = items.first(where: {
          $0["id"]?.string == id && $0["type"] != "item_reference"
        }) {
          return item
        }
      }
      return nil
    }
  }

  /// Forgets a response; whether there was one.
  func remove(_ id: String) -> Bool { content.withLock { $0.remove(id) } }

  private func use(_ id: String) -> Entry? {
    content.withLock { content in
      content.clock += 1
      content.entries[id]?.stamp = content.clock
      return content.entries[id]
    }
  }
}
