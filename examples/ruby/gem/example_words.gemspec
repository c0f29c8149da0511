Gem::Specification.new do |spec|
  spec.name = "example_words"
  spec.version = "1.0.0"
  spec.summary = "The dependency of an example of lambda-img"
  spec.authors = ["lambda-img"]
  spec.license = "Apache-2.0"
  spec.homepage = "https://example.com"
  spec.files = ["lib/example_words.rb"]
  spec.required_ruby_version = ">= 2.5"
end
