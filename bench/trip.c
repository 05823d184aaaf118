
/*
 * Copyright (C) aicost
 *
 * How long one client waits for an answer: asks, waits for it whole, pauses.
 *
 * usage: trip PORT FILE PAUSE [RID]    the bytes to send; us between two asks
 *
 * With RID, hex, FILE is a command to Redis: that reservation id in it becomes
 * another one each time, and a PING is timed beside it.  Prints medians in us:
 * of the answer, and of PING.
 */


#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>


#define TRIP_COUNT   1000
#define TRIP_RID     16
#define TRIP_SIZE    65536


static double trip_now(void);
static int trip_order(const void *one, const void *two);
static int trip_whole(size_t n);
static double trip_once(int fd, const char *data, size_t len);
static double trip_median(double *took);
static void trip_pause(unsigned long us);
static void trip_name(char *data, size_t len);
static int trip_connect(const char *port);


static char           answer[TRIP_SIZE + 1], last[TRIP_RID];
static unsigned long  serial;


static double
trip_now(void)
{
    struct timespec  ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);

    return (double) ts.tv_sec * 1e6 + (double) ts.tv_nsec / 1e3;
}


static int
trip_order(const void *one, const void *two)
{
    double  a, b;

    a = *(const double *) one;
    b = *(const double *) two;

    return (a > b) - (a < b);
}


/* what Redis answers here comes in one piece */

static int
trip_whole(size_t n)
{
    char  *body, *length;

    if (memcmp(answer, "HTTP", 4) != 0) {
        return answer[0] != '-';
    }

    body = strstr(answer, "\r\n\r\n");

    if (body == NULL) {
        return 0;
    }

    length = strstr(answer, "\r\nContent-Length: ");

    if (length != NULL && length < body) {
        return n - (size_t) (body + 4 - answer)
               >= strtoul(length + 18, NULL, 10);
    }

    return memcmp(answer + n - 5, "0\r\n\r\n", 5) == 0;
}


static double
trip_once(int fd, const char *data, size_t len)
{
    double   start;
    size_t   got;
    ssize_t  n;

    start = trip_now();

    if (write(fd, data, len) != (ssize_t) len) {
        perror("write");
        exit(1);
    }

    got = 0;

    do {
        n = read(fd, answer + got, TRIP_SIZE - got);

        if (n <= 0) {
            fprintf(stderr, "answer: %s\n", answer);
            exit(1);
        }

        got += (size_t) n;
        answer[got] = '\0';

    } while (!trip_whole(got));

    return trip_now() - start;
}


static double
trip_median(double *took)
{
    qsort(took, TRIP_COUNT, sizeof(double), trip_order);

    return took[TRIP_COUNT / 2];
}


static void
trip_pause(unsigned long us)
{
    struct timespec  ts;

    if (us) {
        ts.tv_sec = (time_t) (us / 1000000);
        ts.tv_nsec = (long) (us % 1000000) * 1000;
        nanosleep(&ts, NULL);
    }
}


/* the id wherever it stands: the name of its key and the script's argument */

static void
trip_name(char *data, size_t len)
{
    char             next[TRIP_RID];
    size_t           i;
    struct timespec  ts;

    clock_gettime(CLOCK_REALTIME, &ts);
    serial++;
    memset(next, 'r', TRIP_RID);
    memcpy(next, &serial, sizeof(serial));
    memcpy(next + sizeof(serial), &ts.tv_nsec, sizeof(long));

    for (i = 0; i + TRIP_RID <= len; i++) {
        if (memcmp(data + i, last, TRIP_RID) == 0) {
            memcpy(data + i, next, TRIP_RID);
        }
    }

    memcpy(last, next, TRIP_RID);
}


static int
trip_connect(const char *port)
{
    int                 fd, on;
    struct sockaddr_in  sin;

    memset(&sin, 0, sizeof(sin));
    sin.sin_family = AF_INET;
    sin.sin_port = htons((unsigned short) strtoul(port, NULL, 10));
    sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK);

    fd = socket(AF_INET, SOCK_STREAM, 0);
    on = 1;

    if (fd == -1
        || connect(fd, (struct sockaddr *) &sin, sizeof(sin)) == -1
        || setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)) == -1)
    {
        perror(port);
        exit(1);
    }

    return fd;
}


int
main(int argc, char **argv)
{
    int            fd, i;
    char          *data, hex[3];
    FILE          *f;
    size_t         len;
    double         took[TRIP_COUNT], ping[TRIP_COUNT];
    unsigned long  us;

    if (argc < 4 || (argc == 5 && strlen(argv[4]) != 2 * TRIP_RID)) {
        fprintf(stderr, "usage: trip PORT FILE PAUSE [RID]\n");
        return 1;
    }

    data = malloc(TRIP_SIZE);
    f = fopen(argv[2], "rb");

    if (data == NULL || f == NULL) {
        perror(argv[2]);
        return 1;
    }

    len = fread(data, 1, TRIP_SIZE, f);
    fclose(f);

    us = strtoul(argv[3], NULL, 10);
    hex[2] = '\0';

    for (i = 0; argc == 5 && i < TRIP_RID; i++) {
        memcpy(hex, argv[4] + 2 * i, 2);
        last[i] = (char) strtoul(hex, NULL, 16);
    }

    fd = trip_connect(argv[1]);
    (void) trip_once(fd, data, len);

    for (i = 0; i < TRIP_COUNT; i++) {

        if (argc == 5) {
            trip_name(data, len);
            trip_pause(us);
            ping[i] = trip_once(fd, "*1\r\n$4\r\nPING\r\n", 14);
        }

        trip_pause(us);
        took[i] = trip_once(fd, data, len);
    }

    printf("%.1f", trip_median(took));

    if (argc == 5) {
        printf(" %.1f", trip_median(ping));
    }

    printf("\n");

    return 0;
}
