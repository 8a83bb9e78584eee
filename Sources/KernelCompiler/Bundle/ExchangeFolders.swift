import Foundation

/// Makes two paths change what they lead to in one step, so that at no moment either leads nowhere.
/// False where the system or the file system has no such thing.
///
/// Linux: renameat2(2) with RENAME_EXCHANGE; macOS: renamex_np(2) with RENAME_SWAP. Both are looked
/// up, as the first isn't among the functions that Foundation imports.
func exchangeFolders(_ first: String, _ second: String) -> Bool {
  #if canImport(Darwin)
    typealias Rename =
      @convention(c) (UnsafePointer<CChar>, UnsafePointer<CChar>, UInt32) -> Int32
    guard let function = dlsym(nil, "renamex_np") else { return false }
    return unsafeBitCast(function, to: Rename.self)(first, second, 2) == 0
  #else
    typealias Rename =
      @convention(c) (Int32, UnsafePointer<CChar>, Int32, UnsafePointer<CChar>, UInt32) -> Int32
    guard let function = dlsym(nil, "renameat2") else { return false }
    return unsafeBitCast(function, to: Rename.self)(AT_FDCWD, first, AT_FDCWD, second, 2) == 0
  #endif
}
