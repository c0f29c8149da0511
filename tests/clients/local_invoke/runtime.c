/* A runtime in little C, without a loader and libraries: it answers each event with the processor that it runs on. */

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/utsname.h>
#include <unistd.h>

static char answer[1 << 20];

/* Sends a request, and reads the answer to its end. */
static void ask(const char *request) {
    char *api = strdup(getenv("AWS_LAMBDA_RUNTIME_API")), *port = strchr(api, ':');
    *port++ = 0;
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(atoi(port))};
    inet_pton(AF_INET, api, &address.sin_addr);
    int connection = socket(AF_INET, SOCK_STREAM, 0);
    if (connect(connection, (struct sockaddr *)&address, sizeof address)) exit(2);
    if (write(connection, request, strlen(request)) < 0) exit(3);
    size_t length = 0;
    for (ssize_t count; (count = read(connection, answer + length, sizeof answer - 1 - length)) > 0;) length += count;
    answer[length] = 0;
    close(connection);
    free(api);
}

int main(void) {
    for (;;) {
        ask("GET /2018-06-01/runtime/invocation/next HTTP/1.1\r\nConnection: close\r\n\r\n");
        char id[64], body[256], request[1024];
        const char *header = strstr(answer, "Lambda-Runtime-Aws-Request-Id: ");
        if (!header || sscanf(header, "Lambda-Runtime-Aws-Request-Id: %63[^\r]", id) != 1) return 4;
        struct utsname name;
        uname(&name);
        int length = snprintf(body, sizeof body, "[\"%s\", %d]", name.machine, getuid());
        snprintf(request, sizeof request,
                 "POST /2018-06-01/runtime/invocation/%s/response HTTP/1.1\r\nConnection: close\r\nContent-Length: %d\r\n\r\n%s",
                 id, length, body);
        ask(request);
    }
}
