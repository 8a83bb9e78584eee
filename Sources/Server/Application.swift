import Hummingbird
import Logging

/// Puts endpoints and middleware together; the same for a socket and for a test without one.
func makeRouter(_ state: ServerState) -> Router<ServerContext> {
  let router = Router(context: ServerContext.self, options: .autoGenerateHeadEndpoints)
  let endpoints = Endpoint.all
  router.add(
    middleware: RequestLog(logger: state.logger, endpoints: endpoints, counts: state.requests))
  router.add(middleware: Origins(policy: state.configuration.origins, endpoints: endpoints))
  router.add(
    middleware: ErrorResponses(endpoints: endpoints, bodyLimit: state.configuration.bodyLimit))
  router.add(middleware: APIKeys(state.configuration.apiKeys, endpoints: endpoints))
  for endpoint in endpoints {
    for path in endpoint.paths {
      router.on(RouterPath(path), method: endpoint.method) { request, context in
        try await endpoint.handler(request, context, state)
      }
    }
  }
  return router
}

/// The server without its socket.
func makeResponder(
  _ configuration: ServerConfiguration, slot: ModelSlot, logger: Logger
) -> RouterResponder<ServerContext> {
  makeRouter(ServerState(configuration, slot: slot, logger: logger)).buildResponder()
}
