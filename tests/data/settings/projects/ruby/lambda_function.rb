def lambda_handler(event:, context:)
  event
end
