/*
 * canary: writes a growing number to the VM's own disk ten times a second, past the file system, so that the disk
 * itself shows afterwards whether there was one writer only. It speaks to the kernel without a C library.
 *
 * From 32 MiB on the disk has 16 chapters of 1 MiB; each boot opens the next one, and its first sector names the
 * record after which it was opened. A writer that goes on after that was not dead when the next boot began. Each
 * record has a sector of its own, in turn. Before one is written its sector is read, and so is the one before: what
 * is there must be our own, or somebody else writes too, and `foreign` counts that.
 *
 *   chapter NUMBER BOOT after BOOT SEQUENCE     (or: after none 0)
 *   record SEQUENCE BOOT HUNDREDTHS foreign COUNT
 */
typedef unsigned long word;

#define SECTOR 512
#define FIRST (32ul << 20)
#define CHAPTER (1ul << 20)
#define CHAPTERS 16
#define RECORDS (CHAPTER / SECTOR - 1)

static char sector[SECTOR] __attribute__((aligned(4096)));
static char line[SECTOR] __attribute__((aligned(4096)));
static char before[SECTOR] __attribute__((aligned(4096)));
static char chapter[CHAPTER] __attribute__((aligned(4096)));
static char boot[37];
static int disk;

static long call(word number, word a, word b, word c)
{
	long result;
	__asm__ volatile("syscall" : "=a"(result) : "a"(number), "D"(a), "S"(b), "d"(c) : "rcx", "r11", "memory");
	return result;
}

static void die(word code) { for (;;) call(60, code, 0, 0); }
static long open_file(char *path, word flags) { return call(2, (word)path, flags, 0); }

static void move(int writes, char *bytes, word length, word at)
{
	call(8, disk, at, 0);
	if (call(writes ? 1 : 0, disk, (word)bytes, length) != (long)length) die(2);
}

static int same(char *a, char *b, word length)
{
	while (length-- > 0) if (a[length] != b[length]) return 0;
	return 1;
}

static char *put(char *at, char *text)
{
	while (*text) *at++ = *text++;
	return at;
}

static char *put_number(char *at, word number)
{
	char digits[24];
	int count = 0;
	do digits[count++] = '0' + number % 10; while (number /= 10);
	while (count > 0) *at++ = digits[--count];
	return at;
}

/* The number behind a word at the beginning of a sector; 0 where the sector begins otherwise. */
static word number_after(char *text, char *begin)
{
	word number = 0;
	while (*begin) if (*text++ != *begin++) return 0;
	while (*text >= '0' && *text <= '9') number = number * 10 + (*text++ - '0');
	return number;
}

static word hundredths(void)
{
	word time[2];
	call(228, 7, (word)time, 0);
	return time[0] * 100 + time[1] / 10000000;
}

static void clear(char *bytes, word length) { while (length-- > 0) bytes[length] = 0; }

static word chapter_at(word number) { return FIRST + (number % CHAPTERS) * CHAPTER; }

/* Opens the next chapter, and says which number it has. */
static word open_chapter(void)
{
	word newest = 0, last = 0, index;
	char *at, *end = 0;
	for (index = 0; index < CHAPTERS; index++) {
		word number;
		move(0, sector, SECTOR, FIRST + index * CHAPTER);
		number = number_after(sector, "chapter ");
		if (number > newest) newest = number;
	}
	if (newest > 0) {
		move(0, chapter, CHAPTER, chapter_at(newest));
		for (index = 1; index <= RECORDS; index++) {
			char *record = chapter + index * SECTOR;
			word number = number_after(record, "record ");
			if (number > last) {
				last = number;
				for (end = record + 7; *end != ' '; end++);
			}
		}
	}
	clear(line, SECTOR);
	at = put_number(put(line, "chapter "), newest + 1);
	at = put(put(put(at, " "), boot), " after ");
	if (end) {
		for (index = 1; index <= 36; index++) *at++ = end[index];
	} else at = put(at, "none");
	at = put_number(put(at, " "), last);
	put(at, "\n");
	clear(chapter, CHAPTER);
	for (index = 0; index < SECTOR; index++) chapter[index] = line[index];
	move(1, chapter, CHAPTER, chapter_at(newest + 1));
	return newest + 1;
}

void _start(void)
{
	static long tenth[2] = { 0, 100000000 };
	word number, base, sequence, foreign = 0;
	int file = open_file("/proc/sys/kernel/random/boot_id", 0);
	call(0, file, (word)boot, 36);
	/* O_RDWR, O_DSYNC, O_DIRECT */
	disk = open_file("/dev/vda", 2 | 010000 | 040000);
	if (file < 0 || disk < 0) die(1);
	number = open_chapter();
	base = chapter_at(number);
	for (sequence = 1;; sequence++) {
		word place = base + (1 + (sequence - 1) % RECORDS) * SECTOR;
		char *at;
		move(0, sector, SECTOR, place);
		if (number_after(sector, "record ") != (sequence > RECORDS ? sequence - RECORDS : 0)) foreign++;
		if (sequence > 1) {
			move(0, before, SECTOR, base + (1 + (sequence - 2) % RECORDS) * SECTOR);
			if (!same(before, line, SECTOR)) foreign++;
		}
		clear(line, SECTOR);
		at = put_number(put(line, "record "), sequence);
		at = put(put(put(at, " "), boot), " ");
		at = put_number(at, hundredths());
		put(put_number(put(at, " foreign "), foreign), "\n");
		move(1, line, SECTOR, place);
		call(35, (word)tenth, 0, 0);
	}
}
