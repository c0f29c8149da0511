# A runtime with the HTTP client of Ruby's standard library, which AWS's own client for Ruby uses, too: a new connection
# for each answer.

require "json"
require "net/http"

API = "http://#{ENV.fetch('AWS_LAMBDA_RUNTIME_API')}/2018-06-01/runtime"

loop do
  uri = URI("#{API}/invocation/next")
  http = Net::HTTP.new(uri.host, uri.port)
  http.read_timeout = 1_000_000
  event = http.start { |connection| connection.get(uri.path) }
  id = event["Lambda-Runtime-Aws-Request-Id"]
  begin
    asked = JSON.parse(event.body)
    raise ArgumentError, "no" if asked.key?("fail")
    answer = { seen: asked, ruby: RUBY_VERSION, in_time: event["Lambda-Runtime-Deadline-Ms"].to_i > Time.now.to_i * 1000 }
    Net::HTTP.post(URI("#{API}/invocation/#{id}/response"), answer.to_json, "Content-Type" => "application/json")
  rescue StandardError => error
    failure = { errorMessage: error.message, errorType: "Function<#{error.class}>", stackTrace: [] }
    Net::HTTP.post(URI("#{API}/invocation/#{id}/error"), failure.to_json,
                   "Lambda-Runtime-Function-Error-Type" => "Function.#{error.class}")
  end
end
