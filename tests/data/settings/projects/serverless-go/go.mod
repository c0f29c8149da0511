module greetings

go 1.19
