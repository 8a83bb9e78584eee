import HTTPTypes
import JSON
import Runtime

/// A refusal as a client of the OpenAI API expects it: a status, a sentence, and the field at fault.
public struct APIError: Error, Sendable, Equatable {
  public let status: HTTPResponse.Status
  public let message: String
  public let type: String
  /// The request field at fault, by its path: `messages[1].content`.
  public let parameter: String?
  /// A word that programs can switch on.
  public let code: String?
  /// Seconds after which the same request may succeed.
  public let retryAfter: Int?

  public init(
    _ status: HTTPResponse.Status, _ message: String, type: String = "invalid_request_error",
    parameter: String? = nil, code: String? = nil, retryAfter: Int? = nil
  ) {
    self.status = status
    self.message = message
    self.type = type
    self.parameter = parameter
    self.code = code
    self.retryAfter = retryAfter
  }

  /// `{"error":{…}}`, the body of an error response and of an error frame within a stream.
  public var json: JSON {
    [
      "error": [
        "message": .string(message), "type": .string(type),
        "param": parameter.map(JSON.string) ?? .null, "code": code.map(JSON.string) ?? .null,
      ]
    ]
  }
}

/// The refusals that several endpoints share.
extension APIError {
  static func invalid(_ parameter: String, _ message: String, code: String = "invalid_value")
    -> APIError
  {
    APIError(.badRequest, message, parameter: parameter, code: code)
  }

  static func unsupported(_ parameter: String, _ reason: String) -> APIError {
    invalid(
      parameter, "Unsupported parameter '\(parameter)': \(reason)", code: "unsupported_parameter")
  }

  static func unsupportedValue(_ parameter: String, _ reason: String) -> APIError {
    invalid(parameter, "Unsupported value of '\(parameter)': \(reason)", code: "unsupported_value")
  }

  static func contextLengthExceeded(
    tokens: Int, contextSize: Int, field: String = "messages"
  ) -> APIError {
    invalid(
      field,
      """
      This server's context is \(contextSize) tokens, and the prompt alone has \(tokens). \
      Shorten it, or start the server with a larger --ctx-size.
      """, code: "context_length_exceeded")
  }

  static func queueFull(retryAfter: Int) -> APIError {
    APIError(
      .tooManyRequests,
      "Every place and the whole queue are taken; try again in \(retryAfter) seconds.",
      type: "rate_limit_error", code: "queue_full", retryAfter: retryAfter)
  }

  static let loading = APIError(
    .serviceUnavailable, "The model is still loading; /health answers 200 when it is ready.",
    type: "server_error", code: "model_loading", retryAfter: 1)

  static let shuttingDown = APIError(
    .serviceUnavailable, "The server is shutting down.", type: "server_error",
    code: "shutting_down", retryAfter: 1)

  static let unauthorized = APIError(
    .unauthorized,
    "Missing or wrong API key: send it as 'Authorization: Bearer KEY' or 'x-api-key: KEY'.",
    type: "authentication_error", code: "invalid_api_key")

  static func bodyTooLarge(limit: Int) -> APIError {
    APIError(
      .contentTooLarge, "The request body is larger than \(limit / (1 << 20)) MiB.",
      code: "body_too_large")
  }

  /// - Parameter limit: bytes for the values of all requests.
  static func bodyTakesTooMuch(_ bytes: Int, limit: Int) -> APIError {
    APIError(
      .contentTooLarge,
      "The request body takes \(bytes) bytes of memory, and this server has \(limit) for those of"
        + " all requests (--memory).", code: "body_too_large")
  }

  /// Why an answer ended in its middle.
  init(_ failure: GenerationFailure) {
    self =
      failure.isRequests
      ? APIError(
        .badRequest, "The answer can't go on: \(failure.reason).", code: "unsatisfiable_request")
      : .serverFailure(failure.reason)
  }

  static func serverFailure(_ message: String) -> APIError {
    APIError(.internalServerError, message, type: "server_error", code: "internal_error")
  }
}
