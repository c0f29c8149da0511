# The dependency.
module ExampleWords
  def self.greet(name)
    "Hello, #{name}!"
  end
end
