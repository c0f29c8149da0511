module example.com/lambda-img/hello

go 1.19
