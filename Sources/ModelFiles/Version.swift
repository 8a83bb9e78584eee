/// The version of everything in this package: compiler, server and the bundles they exchange.
public let generatorVersion = "0.1.0"
