import ModelFiles

extension PackedMatrix {
  /// Writes one block; lanes without a row stay as they are, zero. False where a float of it is
  /// infinite or no number; scales and biases are looked at before.
  @discardableResult
  func pack(
    block: Int,
    into output: UnsafeMutableRawPointer  // (blockBytes), zeros
  ) -> Bool {
    let rows = rows(ofBlock: block)
    switch matrix.format {
    case .dense(let type): return packDense(rows, type, output)
    case .affine(let bits, let group, let scaleType):
      packAffine(rows, bits: bits, group: group, scaleBytes: scaleType.byteCount, output)
    case .blockFloat(let mode): packBlockFloat(rows, mode, output)
    }
    return true
  }

  /// float32 and float16: column by column. bfloat16: two columns of a row in one word.
  private func packDense(
    _ rows: Range<Int>, _ type: ScalarType, _ output: UnsafeMutableRawPointer
  ) -> Bool {
    guard let source = matrix.weight.bytes.baseAddress else { return true }
    // Without its sign, what is infinite or not a number has the largest bits.
    var largest32: UInt32 = 0
    var largest16: UInt16 = 0
    for (lane, row) in rows.enumerated() {
      let input = source + row * matrix.columns * type.byteCount
      switch type {
      case .float32:
        for column in 0..<matrix.columns {
          let value = input.loadUnaligned(fromByteOffset: column * 4, as: UInt32.self)
          largest32 = max(largest32, value & 0x7FFF_FFFF)
          output.storeBytes(of: value, toByteOffset: (column * 16 + lane) * 4, as: UInt32.self)
        }
      case .float16:
        for column in 0..<matrix.columns {
          let value = input.loadUnaligned(fromByteOffset: column * 2, as: UInt16.self)
          largest16 = max(largest16, value & 0x7FFF)
          output.storeBytes(of: value, toByteOffset: (column * 16 + lane) * 2, as: UInt16.self)
        }
      case .bfloat16:
        for column in 0..<matrix.columns {
          let value = input.loadUnaligned(fromByteOffset: column * 2, as: UInt16.self)
          largest16 = max(largest16, value & 0x7FFF)
          let place = column / 2 * 64 + lane * 4 + column % 2 * 2
          output.storeBytes(of: value, toByteOffset: place, as: UInt16.self)
        }
      case .uint32, .uint8, .int32: preconditionFailure("\(matrix.path) isn't dense")
      }
    }
    let infinity16: UInt16 = type == .float16 ? 0x7C00 : 0x7F80
    return largest32 < Float.infinity.bitPattern && largest16 < infinity16
  }

  /// For each group of columns: planes of codes, 16 scales, 16 biases.
  private func packAffine(
    _ rows: Range<Int>, bits: Int, group: Int, scaleBytes: Int, _ output: UnsafeMutableRawPointer
  ) {
    guard let source = matrix.weight.bytes.baseAddress,
      let scales = matrix.scales?.bytes.baseAddress, let biases = matrix.biases?.bytes.baseAddress
    else { return }
    let groups = matrix.columns / group
    let codeBytes = group * bits * blockRows / 8
    let groupBytes = codeBytes + 2 * blockRows * scaleBytes
    let packer = CodePacker(bits: bits, group: group)
    let isWhole = bits == 4 && rows.count == blockRows
    if isWhole {
      for index in 0..<groups {
        packer.pack4(
          source + (rows.lowerBound * matrix.columns + index * group) / 2,
          apart: matrix.columns / 2, output + index * groupBytes)
      }
    }
    for (lane, row) in rows.enumerated() {
      let input = source + row * matrix.columns * bits / 8
      for index in 0..<groups {
        let to = output + index * groupBytes
        if !isWhole { packer.pack(input + index * group * bits / 8, lane: lane, to) }
        let from = (row * groups + index) * scaleBytes
        let place = to + codeBytes + lane * scaleBytes
        place.copyMemory(from: scales + from, byteCount: scaleBytes)
        (place + blockRows * scaleBytes).copyMemory(from: biases + from, byteCount: scaleBytes)
      }
    }
  }
}

extension PackedMatrix {
  /// 16 scales for each group of columns, then the codes, on cache lines of their own.
  private func packBlockFloat(
    _ rows: Range<Int>, _ mode: BlockFloat, _ output: UnsafeMutableRawPointer
  ) {
    guard let source = matrix.weight.bytes.baseAddress, let scales = matrix.scales?.bytes else {
      return
    }
    let columns = matrix.columns
    let groups = columns / mode.groupSize
    let codes = output + mode.packedScaleBytes(columns: columns)
    let packer = CodePacker(bits: mode.bits, group: columns)
    for (lane, row) in rows.enumerated() {
      packer.pack(source + row * columns * mode.bits / 8, lane: lane, codes)
      for group in 0..<groups {
        output.storeBytes(
          of: scales[row * groups + group], toByteOffset: group * blockRows + lane, as: UInt8.self)
      }
    }
  }
}

/// Moves one row's codes of one group from a bit stream to planes of interleaved words.
struct CodePacker {
  let bits: Int
  let group: Int

  /// Bits of each plane, the lowest first.
  private var planes: [Int] {
    switch bits {
    case 3: [2, 1]
    case 5: [4, 1]
    case 6: [4, 2]
    default: [bits]
    }
  }

  func pack(_ input: UnsafeRawPointer, lane: Int, _ output: UnsafeMutableRawPointer) {
    switch bits {
    case 4: pack4(input, lane: lane, output)
    case 8: pack8(input, lane: lane, output)
    default: packPlanes(input, lane: lane, output)
    }
  }

  /// Eight codes of a word: the first four become lower halves of bytes, the others upper halves.
  private func pack4(_ input: UnsafeRawPointer, lane: Int, _ output: UnsafeMutableRawPointer) {
    func spread(_ four: UInt32) -> UInt32 {
      let pairs = (four | four << 8) & 0x00FF_00FF
      return (pairs | pairs << 4) & 0x0F0F_0F0F
    }
    for word in 0..<group / 8 {
      let codes = input.loadUnaligned(fromByteOffset: word * 4, as: UInt32.self)
      let packed = spread(codes & 0xFFFF) | spread(codes >> 16) << 4
      output.storeBytes(of: packed, toByteOffset: word * 64 + lane * 4, as: UInt32.self)
    }
  }

  /// The same of 16 rows at once, `apart` bytes from one to the next: memory is written in its order.
  func pack4(
    _ input: UnsafeRawPointer, apart: Int, _ output: UnsafeMutableRawPointer
  ) {
    typealias Words = SIMD16<UInt32>
    func spread(_ four: Words) -> Words {
      let pairs = (four | four &<< 8) & Words(repeating: 0x00FF_00FF)
      return (pairs | pairs &<< 4) & Words(repeating: 0x0F0F_0F0F)
    }
    for word in 0..<group / 8 {
      var codes = Words()
      for lane in 0..<blockRows {
        codes[lane] = input.loadUnaligned(
          fromByteOffset: lane * apart + word * 4, as: UInt32.self)
      }
      let packed = spread(codes & Words(repeating: 0xFFFF)) | spread(codes &>> 16) &<< 4
      output.storeBytes(of: packed, toByteOffset: word * 64, as: Words.self)
    }
  }

  private func pack8(_ input: UnsafeRawPointer, lane: Int, _ output: UnsafeMutableRawPointer) {
    for word in 0..<group / 4 {
      let codes = input.loadUnaligned(fromByteOffset: word * 4, as: UInt32.self)
      output.storeBytes(of: codes, toByteOffset: word * 64 + lane * 4, as: UInt32.self)
    }
  }

  /// A plane of `width` bits holds, in byte j of a word, columns k + j, k + 4 + j, … of 8 / width
  /// runs of four.
  private func packPlanes(
    _ input: UnsafeRawPointer, lane: Int, _ output: UnsafeMutableRawPointer
  ) {
    withUnsafeTemporaryAllocation(of: UInt8.self, capacity: group) { codes in
      unpack(input, codes)
      var shift = 0
      var plane = output
      for width in planes {
        let mask = UInt8((1 << width) - 1)
        let columns = 32 / width
        for vector in 0..<group / columns {
          for byte in 0..<4 {
            var packed: UInt8 = 0
            for run in 0..<8 / width {
              let code = codes[vector * columns + 4 * run + byte] >> UInt8(shift) & mask
              packed |= code << UInt8(width * run)
            }
            plane.storeBytes(
              of: packed, toByteOffset: vector * 64 + lane * 4 + byte, as: UInt8.self)
          }
        }
        plane += group * width * blockRows / 8
        shift += width
      }
    }
  }

  /// A little-endian bit stream as one code a byte.
  private func unpack(_ input: UnsafeRawPointer, _ codes: UnsafeMutableBufferPointer<UInt8>) {
    var held: UInt64 = 0
    var count = 0
    var next = 0
    for index in 0..<group {
      if count < bits {
        held |=
          UInt64(input.loadUnaligned(fromByteOffset: next * 4, as: UInt32.self)) << UInt64(count)
        count += 32
        next += 1
      }
      codes[index] = UInt8(held & ((1 << UInt64(bits)) - 1))
      held >>= UInt64(bits)
      count -= bits
    }
  }
}
