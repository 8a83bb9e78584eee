import ModelFiles
import Runtime
import Tokenizers

/// A second model that guesses tokens for the first: it must mean the same by each of them.
extension ModelLoading {
  func draftModel(at location: ModelLocation, for tokenizer: Tokenizer) throws
    -> any LanguageModel
  {
    let (model, _) = try languageModel(at: location)
    let own = try Tokenizer(directory: location.path)
    for id in 0..<Int32(clamping: model.vocabulary) {
      let (here, there) = (tokenizer.token(id), own.token(id))
      guard here == there else {
        throw ModelError(
          "\(location.path): can't draft for \(self.location.path): token \(id) is"
            + " \(quoted(there)) there and \(quoted(here)) here; give --draft-model a model with"
            + " the same tokenizer")
      }
    }
    return model
  }

  private func quoted(_ token: String?) -> String { token.map { "\"\($0)\"" } ?? "unused" }
}
