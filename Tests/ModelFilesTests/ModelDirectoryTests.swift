import Foundation
import ModelFiles
import Testing

@Suite struct ModelDirectoryTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func refusal(_ body: () throws -> Void) -> String {
    do {
      try body()
      return "accepted"
    } catch {
      return "\(error)"
    }
  }

  @Test func `a directory or a file inside it names the model`() throws {
    try folder.write("{\"model_type\": \"llama\", \"x\": NaN, \"y\": -Infinity}", to: "config.json")
    let file = try folder.write(safetensors(zeros: [("a", [1])]), to: "model.safetensors")
    for path in [folder.path, file, folder.path + "/config.json"] {
      let model = try ModelDirectory(path: path)
      #expect(model.path == folder.path)
      #expect(model.configuration["model_type"] == "llama")
      #expect(model.configuration["x"]?.double?.isNaN == true)
      #expect(model.generationConfiguration == nil)
      #expect(model.tensors.names == ["a"])
    }
  }

  @Test func `what is missing or broken is named`() throws {
    let path = folder.path
    func open() -> String { refusal { _ = try ModelDirectory(path: path) } }
    #expect(refusal { _ = try ModelDirectory(path: path + "/no") }.contains("no such file"))
    #expect(open().contains("holds no config.json"))
    try folder.write("{", to: "config.json")
    #expect(open().hasPrefix("config.json: not JSON"))
    try folder.write("[]", to: "config.json")
    #expect(open() == "config.json: holds an array, expected an object")
    try folder.write("{\"model_file\": \"evil.py\"}", to: "config.json")
    #expect(open().contains("model_file asks to run evil.py"))
    try folder.write("{\"model_file\": null}", to: "config.json")
    #expect(open().contains("holds no model*.safetensors"))
    try folder.write("oops", to: "model.safetensors")
    #expect(open().hasPrefix("model.safetensors: only 4 bytes"))
    try folder.write(
      "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 4976698672\n",
      to: "model.safetensors")
    #expect(open().contains("fetch the file with `git lfs pull`"))
    try folder.write(safetensors("{}"), to: "model.safetensors")
    #expect(open() == "accepted")
    try folder.write("{\"eos_token_id\": ", to: "generation_config.json")
    #expect(open().hasPrefix("generation_config.json: not JSON"))
  }

  @Test func `shards load without an index and with one that lies`() throws {
    try folder.write("{}", to: "config.json")
    try folder.write(safetensors(zeros: [("a", [1])]), to: "model-00001-of-00002.safetensors")
    try folder.write(safetensors(zeros: [("b", [2])]), to: "model-00002-of-00002.safetensors")
    try folder.write(safetensors(zeros: [("a", [9])]), to: "consolidated.safetensors")
    #expect(try ModelDirectory(path: folder.path).tensors.names == ["a", "b"])
    try folder.write("{\"weight_map\": {\"a\": \"gone\"}}", to: "model.safetensors.index.json")
    #expect(try ModelDirectory(path: folder.path).tensors.tensor("a").shape == [1])
    try folder.write(
      "{\"weight_map\": {\"b\": \"gone\", \"c\": \"model-3.safetensors\"}}",
      to: "model.safetensors.index.json")
    let message = refusal { _ = try ModelDirectory(path: folder.path).tensors.tensor("c") }
    #expect(message.contains("tensor c is missing: the index says it is in model-3.safetensors"))
    try folder.write("not JSON at all", to: "model.safetensors.index.json")
    #expect(try ModelDirectory(path: folder.path).tensors.tensor("b").shape == [2])
  }

  @Test func `a tensor in two files is an error unless the index chooses`() throws {
    try folder.write("{}", to: "config.json")
    try folder.write(safetensors(zeros: [("a", [1])]), to: "model.safetensors")
    try folder.write(safetensors(zeros: [("a", [2])]), to: "model-00001-of-00001.safetensors")
    let message = refusal { _ = try ModelDirectory(path: folder.path) }
    #expect(message.contains("tensor a is both in model-00001-of-00001.safetensors and in"))
    for (file, size) in [("model.safetensors", 1), ("model-00001-of-00001.safetensors", 2)] {
      try folder.write("{\"weight_map\": {\"a\": \"\(file)\"}}", to: "model.safetensors.index.json")
      #expect(try ModelDirectory(path: folder.path).tensors.tensor("a").shape == [size])
    }
  }

  @Test func `other safetensors files serve where none is called model`() throws {
    try folder.write("{}", to: "config.json")
    try folder.write(safetensors(zeros: [("a", [1])]), to: "weights.00.safetensors")
    #expect(try ModelDirectory(path: folder.path).tensors.names == ["a"])
  }

  @Test func `end tokens are collected from every place that names some`() throws {
    try folder.write(safetensors("{}"), to: "model.safetensors")
    try folder.write(
      "{\"eos_token_id\": 5, \"text_config\": {\"eos_token_id\": [7, -1, \"x\", 5e30]}}",
      to: "config.json")
    #expect(try ModelDirectory(path: folder.path).endOfSequenceTokens == [5, 7])
    try folder.write("{\"eos_token_id\": [9, 5]}", to: "generation_config.json")
    #expect(try ModelDirectory(path: folder.path).endOfSequenceTokens == [9, 5, 7])
  }
}

@Suite struct QuantizationTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  /// A model of one matrix of 4 rows, packed and scaled as given per row.
  private func model(
    _ configuration: String, words: Int, groups: Int, scaleType: String = "BF16",
    biases: Bool = true
  ) throws -> ModelDirectory {
    let size = scaleType == "U8" ? 1 : 2
    let (wordBytes, scaleBytes) = (4 * words * 4, 4 * groups * size)
    var header =
      "{\"p.weight\":{\"dtype\":\"U32\",\"shape\":[4,\(words)],\"data_offsets\":[0,\(wordBytes)]},"
      + "\"p.scales\":{\"dtype\":\"\(scaleType)\",\"shape\":[4,\(groups)],"
      + "\"data_offsets\":[\(wordBytes),\(wordBytes + scaleBytes)]}"
    if biases {
      header +=
        ",\"p.biases\":{\"dtype\":\"\(scaleType)\",\"shape\":[4,\(groups)],"
        + "\"data_offsets\":[\(wordBytes + scaleBytes),\(wordBytes + 2 * scaleBytes)]}"
    }
    let data = [UInt8](repeating: 0, count: wordBytes + 2 * scaleBytes)
    try folder.write(safetensors(header + "}", data: data), to: "model.safetensors")
    try folder.write(configuration, to: "config.json")
    return try ModelDirectory(path: folder.path)
  }

  @Test(arguments: [
    (#"{"quantization": {"bits": 7, "group_size": 64}}"#, "quantization.bits is 7"),
    (#"{"quantization": {"bits": "4"}}"#, "quantization.bits is \"4\""),
    (#"{"quantization": {"bits": 4, "group_size": 48}}"#, "quantization.group_size is 48"),
    (#"{"quantization": {"bits": 4, "a.b": {"bits": 16}}}"#, "quantization.a.b.bits is 16"),
    (#"{"quantization_config": {"bits": 1}}"#, "quantization_config.bits is 1"),
  ])
  func `widths and groups that MLX has in no mode are refused`(
    configuration: String, cause: String
  ) throws {
    let error = #expect(throws: ModelError.self) {
      try model(configuration, words: 32, groups: 4)
    }
    #expect(error?.description.contains("config.json: \(cause), but MLX quantises with") == true)
  }

  @Test func `another tool's widths say nothing about the tensors`() throws {
    let other = #"{"quantization_config": {"quant_method": "gptq", "bits": 7, "group_size": -1}}"#
    #expect(throws: Never.self) { try model(other, words: 32, groups: 4) }
  }

  @Test func `shapes decide on bits and group size, whatever config.json says`() throws {
    let lying = "{\"quantization\": {\"bits\": 8, \"group_size\": 128}}"
    for bits in [2, 3, 4, 5, 6, 8] {
      for groupSize in [32, 64, 128] {
        let model = try model(lying, words: 256 * bits / 32, groups: 256 / groupSize)
        let matrix = try model.weightMatrix("p", columns: 256)
        #expect(matrix.columns == 256)
        #expect(
          matrix.format == .affine(bits: bits, groupSize: groupSize, scaleType: .bfloat16))
      }
    }
  }

  @Test(arguments: [
    "{\"quantization\": {\"bits\": 4, \"group_size\": 64}}",
    "{\"quantization_config\": {\"bits\": 4, \"group_size\": 64}}",
    "{\"text_config\": {\"quantization_config\": {\"bits\": 4, \"group_size\": 64}}}",
    "{\"quantization\": {\"bits\": 8, \"group_size\": 32, \"p\": {\"bits\": 4, \"group_size\": 64}}}",
    "{\"quantization\": {\"bits\": 8, \"language_model.p\": {\"bits\": 4, \"group_size\": 64}}}",
    "{\"quantization\": {\"bits\": 4, \"group_size\": 64, \"p\": true}, \"quantization_config\": 3}",
  ])
  func `without a number of columns config.json decides`(_ configuration: String) throws {
    let matrix = try model(configuration, words: 32, groups: 4).weightMatrix("p")
    #expect(matrix.format == .affine(bits: 4, groupSize: 64, scaleType: .bfloat16))
    #expect(matrix.columns == 256)
  }

  @Test(arguments: BlockFloat.allCases)
  func `scales of one byte make a mode with floating-point codes`(_ mode: BlockFloat) throws {
    let lying = "{\"quantization\": {\"bits\": 6, \"group_size\": 128, \"mode\": \"affine\"}}"
    let model = try model(
      lying, words: 256 * mode.bits / 32, groups: 256 / mode.groupSize, scaleType: "U8",
      biases: false)
    for columns in [256, nil] {
      let matrix = try model.weightMatrix("p", columns: columns)
      #expect(matrix.columns == 256)
      #expect(matrix.format == .blockFloat(mode))
    }
    let error = #expect(throws: ModelError.self) { try model.weightMatrix("p", columns: 512) }
    #expect(error?.description.hasPrefix("tensor p.weight: ") == true)
    #expect(error?.description.contains("don't fit 512 columns in mxfp4, mxfp8 or nvfp4") == true)
  }

  @Test func `floating-point scales without biases are refused by name`() throws {
    let configuration = "{\"quantization\": {\"bits\": 4, \"group_size\": 32, \"mode\": \"nf4\"}}"
    let model = try model(configuration, words: 32, groups: 8, biases: false)
    let error = #expect(throws: ModelError.self) { try model.weightMatrix("p", columns: 256) }
    #expect(
      error?.description.hasPrefix("tensor p.scales: bfloat16 scales and no p.biases") == true)
    #expect(error?.description.contains("mode nf4") == true)
  }

  @Test func `shapes that fit no format are refused`() throws {
    let model = try model("{}", words: 33, groups: 4)
    for columns in [256, 250, 1, nil] {
      let error = #expect(throws: ModelError.self) {
        try model.weightMatrix("p", columns: columns)
      }
      #expect(error?.description.hasPrefix("tensor p.weight: 33 words and 4 scales") == true)
    }
  }

  @Test func `formats of other tools are refused by name where their tensors are met`() throws {
    let configuration = "{\"quantization_config\": {\"quant_method\": \"awq\", \"bits\": 4}}"
    let model = try model(configuration, words: 32, groups: 4)
    #expect(try model.weightMatrix("p", columns: 256).columns == 256)  // left over, and no matter
    let error = #expect(throws: ModelError.self) { try model.weightMatrix("q", columns: 256) }
    #expect(error?.description.contains("format of quant_method \"awq\"") == true)
  }

  @Test func `codes without scales and matrices of other shapes are refused`() throws {
    try folder.write("{}", to: "config.json")
    try folder.write(
      safetensors(
        "{\"p.weight\":{\"dtype\":\"U32\",\"shape\":[1,2],\"data_offsets\":[0,8]},"
          + "\"q.weight\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[8,16]},"
          + "\"r.weight\":{\"dtype\":\"F32\",\"shape\":[1,2],\"data_offsets\":[16,24]},"
          + "\"s.weight\":{\"dtype\":\"F32\",\"shape\":[0,2],\"data_offsets\":[24,24]}}",
        data: [UInt8](repeating: 0, count: 24)), to: "model.safetensors")
    let model = try ModelDirectory(path: folder.path)
    func refusal(_ path: String) -> String {
      do {
        return "\(try model.weightMatrix(path, columns: 3))"
      } catch {
        return "\(error)"
      }
    }
    #expect(refusal("p").contains("p.scales is missing"))
    #expect(refusal("q") == "tensor q.weight: shape [2], expected a matrix")
    #expect(refusal("r") == "tensor r.weight: shape [1, 2], expected 3 columns")
    #expect(refusal("s") == "tensor s.weight: shape [0, 2], expected a matrix")
    #expect(refusal("t").hasPrefix("tensor t.weight is missing from the safetensors files"))
  }

  @Test(arguments: ["language_model.model.", "model.language_model."])
  func `the text part of a larger model is told by its prefix`(_ prefix: String) throws {
    try folder.write("{\"model_type\": \"llama\", \"text_config\": {}}", to: "config.json")
    let name = prefix + "embed_tokens.weight"
    try folder.write(safetensors(zeros: [(name, [2, 2])]), to: "model.safetensors")
    let model = try ModelDirectory(path: folder.path)
    func refusal(_ path: String) -> String {
      do {
        return "\(try model.weightMatrix(path, columns: 2))"
      } catch {
        return "\(error)"
      }
    }
    let text = refusal("model.embed_tokens")
    let beginning = "tensor model.embed_tokens.weight is missing, and \(name) is there"
    #expect(text.hasPrefix(beginning) && text.contains("text_config"))
    #expect(refusal("model.norm").contains("is missing from the safetensors files"))
  }
}
