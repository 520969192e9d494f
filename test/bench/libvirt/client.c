/*
 * The C client that node-libvirt is measured against: each mode does one thing so many times over one
 * connection and prints how many milliseconds it took, connecting not counted.
 *
 *   client URI stats ROUNDS
 *   client URI calls ROUNDS THREADS
 *   client URI upload POOL VOLUME BYTES
 *   client URI download POOL VOLUME
 */
#include <libvirt/libvirt.h>
#include <libvirt/virterror.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static virConnectPtr conn;
static long roundsPerThread;

static double nowMs(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1e3 + now.tv_nsec / 1e6;
}

static void check(int good, const char *what)
{
    if (good)
        return;
    fprintf(stderr, "%s: %s\n", what, virGetLastErrorMessage());
    exit(1);
}

static void stats(long rounds)
{
    for (long done = 0; done < rounds; done++) {
        virDomainStatsRecordPtr *records = NULL;
        int count = virConnectGetAllDomainStats(conn, 0, &records, VIR_CONNECT_GET_ALL_DOMAINS_STATS_NOWAIT);
        check(count >= 0, "stats");
        virDomainStatsRecordListFree(records);
    }
}

static void *callMany(void *unused)
{
    (void)unused;
    for (long done = 0; done < roundsPerThread; done++) {
        virDomainPtr domain = virDomainLookupByName(conn, "test");
        check(domain != NULL, "lookup");
        virDomainFree(domain);
    }
    return NULL;
}

static void calls(long rounds, int threads)
{
    pthread_t all[threads];
    roundsPerThread = rounds / threads;
    for (int one = 0; one < threads; one++)
        pthread_create(&all[one], NULL, callMany, NULL);
    for (int one = 0; one < threads; one++)
        pthread_join(all[one], NULL);
}

struct progress {
    unsigned long long left;
};

static int giveBytes(virStreamPtr stream, char *bytes, size_t count, void *opaque)
{
    (void)stream;
    struct progress *progress = opaque;
    size_t given = progress->left < count ? progress->left : count;
    memset(bytes, 7, given);
    progress->left -= given;
    return given;
}

static int takeBytes(virStreamPtr stream, const char *bytes, size_t count, void *opaque)
{
    (void)stream;
    (void)bytes;
    ((struct progress *)opaque)->left += count;
    return count;
}

static virStorageVolPtr volume(const char *pool, const char *name)
{
    virStoragePoolPtr found = virStoragePoolLookupByName(conn, pool);
    check(found != NULL, "pool");
    virStorageVolPtr vol = virStorageVolLookupByName(found, name);
    check(vol != NULL, "volume");
    virStoragePoolFree(found);
    return vol;
}

int main(int argc, char **argv)
{
    if (argc < 4)
        return 64;
    conn = virConnectOpen(argv[1]);
    check(conn != NULL, "connect");
    const char *mode = argv[2];
    struct progress progress = { 0 };
    double begun = nowMs();
    if (!strcmp(mode, "stats")) {
        stats(atol(argv[3]));
    } else if (!strcmp(mode, "calls")) {
        calls(atol(argv[3]), atoi(argv[4]));
    } else {
        int up = !strcmp(mode, "upload");
        virStorageVolPtr vol = volume(argv[3], argv[4]);
        virStreamPtr stream = virStreamNew(conn, 0);
        progress.left = up ? strtoull(argv[5], NULL, 10) : 0;
        begun = nowMs();
        if (up) {
            check(virStorageVolUpload(vol, stream, 0, progress.left, 0) == 0, "upload");
            check(virStreamSendAll(stream, giveBytes, &progress) == 0, "send");
        } else {
            check(virStorageVolDownload(vol, stream, 0, 0, 0) == 0, "download");
            check(virStreamRecvAll(stream, takeBytes, &progress) == 0, "receive");
        }
        check(virStreamFinish(stream) == 0, "finish");
        virStreamFree(stream);
        virStorageVolFree(vol);
    }
    printf("%.3f\n", nowMs() - begun);
    virConnectClose(conn);
    return 0;
}
