/// Schemas as zod and pydantic write them.
enum ClientSchemas {
  private static let day =
    #"(?:(?:\\d\\d[2468][048]|\\d\\d[13579][26]|\\d\\d0[48]|[02468][048]00|[13579][26]00)-02-29|\\d{4}-(?:(?:0[13578]|1[02])-(?:0[1-9]|[12]\\d|3[01])|(?:0[469]|11)-(?:0[1-9]|[12]\\d|30)|(?:02)-(?:0[1-9]|1\\d|2[0-8])))"#

  static let formats: [SchemaTests.Example] = [
    SchemaTests.Example(
      schema: #"{"type":"string","format":"uuid4"}"#,
      valid: ["\"123e4567-e89b-42d3-a456-426614174000\""],
      invalid: [
        "\"123e4567-e89b-12d3-a456-426614174000\"", "\"123e4567-e89b-42d3-c456-426614174000\"",
      ]),
    SchemaTests.Example(
      schema:
        #"{"type":"string","format":"uuid","pattern":"^([0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[1-8][0-9a-fA-F]{3}-[89abAB][0-9a-fA-F]{3}-[0-9a-fA-F]{12}|00000000-0000-0000-0000-000000000000)$"}"#,
      valid: [
        "\"123e4567-e89b-12d3-a456-426614174000\"", "\"00000000-0000-0000-0000-000000000000\"",
      ], invalid: ["\"123e4567-e89b-02d3-a456-426614174000\""]),
    SchemaTests.Example(
      schema:
        #"{"type":"string","format":"email","pattern":"^(?!\\.)(?!.*\\.\\.)([A-Za-z0-9_'+\\-\\.]*)[A-Za-z0-9_+-]@([A-Za-z0-9][A-Za-z0-9\\-]*\\.)+[A-Za-z]{2,}$"}"#,
      valid: ["\"a.b@example.org\""], invalid: ["\".a@example.org\"", "\"a..b@example.org\""]),
    SchemaTests.Example(
      schema:
        #"{"type":"string","format":"date-time","pattern":"^\#(day)T(?:(?:[01]\\d|2[0-3]):[0-5]\\d(?::[0-5]\\d(?:\\.\\d+)?)?(?:Z))$"}"#,
      valid: ["\"2024-02-29T23:59:59Z\"", "\"2024-02-28T00:00:00.5Z\""],
      invalid: ["\"2023-02-29T23:59:59Z\"", "\"2024-02-29T23:59:59+01:00\""]),
    // Times without offsets are what zod calls times.
    SchemaTests.Example(
      schema:
        #"{"type":"string","format":"time","pattern":"^(?:[01]\\d|2[0-3]):[0-5]\\d(?::[0-5]\\d(?:\\.\\d+)?)?$"}"#,
      valid: ["\"23:59:59\"", "\"00:00:00.125\""], invalid: ["\"23:59:59Z\"", "\"24:00:00\""]),
    SchemaTests.Example(
      schema: #"{"type":"string","format":"time","pattern":"^2"}"#, valid: ["\"23:59:59Z\""],
      invalid: ["\"23:59:59\"", "\"13:59:59Z\""]),
    SchemaTests.Example(
      schema:
        #"{"type":"string","format":"duration","pattern":"^P(?:(\\d+W)|(?!.*W)(?=\\d|T\\d)(\\d+Y)?(\\d+M)?(\\d+D)?(T(?=\\d)(\\d+H)?(\\d+M)?(\\d+([.,]\\d+)?S)?)?)$"}"#,
      valid: ["\"P1DT2H\"", "\"PT5M\"", "\"P2W\""], invalid: ["\"P\"", "\"PT\"", "\"P1W2D\""]),
    SchemaTests.Example(
      schema:
        #"{"type":"string","format":"emoji","pattern":"^(\\p{Extended_Pictographic}|\\p{Emoji_Component})+$"}"#,
      valid: ["\"😀\"", "\"👨‍👩‍👧\"", "\"🇩🇪\"", "\"1️⃣\"", "\"❤️\""],
      invalid: ["\"a\"", "\"日\"", "\"\"", "\"😀a\""]),
    SchemaTests.Example(
      schema: #"{"type":"string","format":"base64url","pattern":"^[A-Za-z0-9_-]*$"}"#,
      valid: ["\"QQ\"", "\"QUI\"", "\"QUJD\"", "\"\""], invalid: ["\"QQ==\"", "\"Q\"", "\"a+b/\""]),
    SchemaTests.Example(
      schema: #"{"type":"string","format":"base64url"}"#, valid: ["\"QQ==\"", "\"_-_-\""],
      invalid: ["\"QQ\"", "\"QQ=\"", "\"a+b/\""]),
    SchemaTests.Example(
      schema:
        #"{"type":"string","contentEncoding":"base64","format":"base64","pattern":"^$|^(?:[0-9a-zA-Z+/]{4})*(?:(?:[0-9a-zA-Z+/]{2}==)|(?:[0-9a-zA-Z+/]{3}=))?$"}"#,
      valid: ["\"\"", "\"QQ==\""], invalid: ["\"QQ\""]),
    SchemaTests.Example(
      schema: #"{"type":"string","format":"jwt"}"#,
      valid: ["\"eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJhIjoxfQ.c2ln\""],
      invalid: ["\"a.b.c\"", "\"eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJhIjoxfQ\""]),
    SchemaTests.Example(
      schema: #"{"type":"string","format":"nanoid","pattern":"^[a-zA-Z0-9_-]{21}$"}"#,
      valid: ["\"V1StGXR8_Z5jdHi6B-myT\""], invalid: ["\"V1StGXR8_Z5jdHi6B-my\""]),
    SchemaTests.Example(
      schema: #"{"type":"string","format":"cuid","pattern":"^[cC][^\\s-]{8,}$"}"#,
      valid: ["\"cjld2cjxh0000qzrmn831i7rn\""], invalid: ["\"xjld2cjxh0000qzrmn831i7rn\""]),
    SchemaTests.Example(
      schema: #"{"type":"string","format":"cuid2"}"#, valid: ["\"tz4a98xxat96iws9zmbrgj3a\""],
      invalid: ["\"4z4a98\"", "\"tZ\""]),
    SchemaTests.Example(
      schema: #"{"type":"string","format":"ulid"}"#, valid: ["\"01ARZ3NDEKTSV4RRFFQ69G5FAV\""],
      invalid: ["\"01ARZ3NDEKTSV4RRFFQ69G5FAI\"", "\"81ARZ3NDEKTSV4RRFFQ69G5FAV\""]),
    SchemaTests.Example(
      schema: #"{"type":"string","format":"e164"}"#, valid: ["\"+14155552671\""],
      invalid: ["\"+0415555267\"", "\"4155552671\"", "\"+1415555267112345\""]),
    // Names of somebody's own: the patterns beside them say what they mean.
    SchemaTests.Example(
      schema:
        #"{"type":"string","format":"starts_with","allOf":[{"pattern":"^[^A-Z]*$"},{"pattern":"^ab.*"}]}"#,
      valid: ["\"abc\""], invalid: ["\"abC\"", "\"bc\""]),
    SchemaTests.Example(
      schema: #"{"type":"string","format":"sku","pattern":"^[A-Z]{2}-[0-9]{3}$"}"#,
      valid: ["\"AB-123\""], invalid: ["\"AB-12\""]),
    SchemaTests.Example(
      schema: #"{"type":"string","format":"regex","pattern":"^a+$"}"#, valid: [], invalid: []),
    SchemaTests.Example(
      schema: #"{"type":"string","format":"ipvanyaddress"}"#, valid: ["\"127.0.0.1\"", "\"::1\""],
      invalid: ["\"127.0.0\"", "\"::1/64\""]),
    SchemaTests.Example(
      schema: #"{"type":"string","format":"ipv4network"}"#,
      valid: ["\"10.0.0.0/8\"", "\"192.168.1.0/24\"", "\"1.2.3.4\""],
      invalid: ["\"192.168.1.1/24\"", "\"10.0.0.0/33\""]),
    SchemaTests.Example(
      schema: #"{"type":"string","format":"cidrv6"}"#, valid: ["\"fe80::/10\"", "\"::/128\""],
      invalid: ["\"fe80::\"", "\"::/129\""]),
    SchemaTests.Example(
      schema: #"{"type":"string","format":"multi-host-uri"}"#,
      valid: ["\"postgres://user:pass@host1:5432,host2:5432/app\""],
      invalid: ["\"postgres:host\"", "\"host1,host2\""]),
    SchemaTests.Example(
      schema: #"{"type":"string","format":"name-email"}"#,
      valid: ["\"Fred Bloggs <fred@example.org>\"", "\"fred@example.org\""],
      invalid: ["\"<fred@example.org>\"", "\"Fred fred@example.org\""]),
    // Pydantic's decimals.
    SchemaTests.Example(
      schema: #"{"type":"string","pattern":"^(?!^[-+.]*$)[+-]?0*\\d*\\.?\\d*$"}"#,
      valid: ["\"-1.50\"", "\".5\"", "\"7\""], invalid: ["\"-.\"", "\"\"", "\"1e5\""]),
    SchemaTests.Example(
      schema:
        #"{"type":"string","pattern":"^(?!^[-+.]*$)[+-]?0*(?:\\d{0,3}|(?=[\\d.]{1,6}0*$)\\d{0,3}\\.\\d{0,2}0*$)"}"#,
      valid: ["\"123.45\"", "\"-1.5\""], invalid: ["\"+\"", "\"-.\""]),
  ]
}
