import HTTPTypes
import JSON

extension APIError {
  /// The body of an error response and of an error event, as clients of the Anthropic API expect it.
  var anthropicJSON: JSON {
    [
      "type": "error",
      "error": ["type": .string(anthropicType), "message": .string(message)],
      "request_id": .null,
    ]
  }

  private var anthropicType: String {
    switch status.code {
    case 401: "authentication_error"
    case 403: "permission_error"
    case 404: "not_found_error"
    case 413: "request_too_large"
    case 429: "rate_limit_error"
    case 503: "overloaded_error"
    case 500...: "api_error"
    default: "invalid_request_error"
    }
  }
}
