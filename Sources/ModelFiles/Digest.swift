import COpenSSL

/// The SHA-256 of some bytes, as 64 hexadecimal digits.
public func sha256(of bytes: UnsafeRawBufferPointer) throws -> String {
  var digest = try SHA256Digest()
  digest.update(bytes)
  return digest.finish()
}

public func sha256(of text: String) throws -> String {
  try Array(text.utf8).withUnsafeBytes { try sha256(of: $0) }
}

/// The SHA-256 of a file's content; `progress` hears how many bytes are done after every piece.
public func sha256(ofFile path: String, progress: (Int) -> Void = { _ in }) throws -> String {
  let pieceLength = 16 << 20
  let file = try MappedFile(path: path)
  var digest = try SHA256Digest()
  var start = 0
  while start < file.bytes.count {
    let end = min(start + pieceLength, file.bytes.count)
    digest.update(UnsafeRawBufferPointer(rebasing: file.bytes[start..<end]))
    progress(end)
    start = end
  }
  return digest.finish()
}

/// A SHA-256 that takes its input piece by piece.
public struct SHA256Digest: ~Copyable {
  private let context: OpaquePointer

  public init() throws {
    guard let context = EVP_MD_CTX_new() else {
      throw ModelError("libcrypto: no memory for a digest")
    }
    guard EVP_DigestInit_ex(context, EVP_sha256(), nil) == 1 else {
      EVP_MD_CTX_free(context)
      throw ModelError("libcrypto: SHA-256 is not available")
    }
    self.context = context
  }

  deinit { EVP_MD_CTX_free(context) }

  public mutating func update(_ bytes: UnsafeRawBufferPointer) {
    EVP_DigestUpdate(context, bytes.baseAddress, bytes.count)
  }

  public consuming func finish() -> String {
    var digest = [UInt8](repeating: 0, count: 32)
    var length: UInt32 = 0
    EVP_DigestFinal_ex(context, &digest, &length)
    return digest.map { byte in
      String(byte >> 4, radix: 16) + String(byte & 15, radix: 16)
    }.joined()
  }
}
