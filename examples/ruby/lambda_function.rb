# Answers with words from a gem in vendor/bundle, where Bundler puts gems.
require "example_words"

module LambdaFunction
  class Handler
    def self.process(event:, context:)
      { greeting: ExampleWords.greet(event.fetch("name", "world")) }
    end
  end
end
