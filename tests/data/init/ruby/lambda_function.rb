require "example_words"

def lambda_handler(event:, context:)
  ExampleWords.greet(event)
end
