/* Where git keeps what it ignores, see gitignore(5) and git-config(1). */
#include "watch/git_files.h"

#include <ctype.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/mem.h"

#define FILE_MOST (4 << 20)

bool git_read(const char *path, bool links, struct buf *out)
{
    struct stat status;
    ssize_t got = 0;
    size_t before = out->length;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY | (links ? 0 : O_NOFOLLOW));
    if (fd < 0)
        return false;
    bool whole = !fstat(fd, &status) && S_ISREG(status.st_mode);
    while (whole && out->length - before < FILE_MOST && (got = read(fd, buf_reserve(out, 4096), 4096)) > 0)
        buf_added(out, (size_t)got);
    close(fd);
    return whole && got >= 0;
}

static char *join(const char *directory, const char *path)
{
    struct buf whole = {0};
    buf_printf(&whole, *path == '/' ? "%.0s%s" : "%s/%s", directory, path);
    return buf_take(&whole);
}

bool git_is_root(const char *root)
{
    struct stat status;
    char *path = join(root, ".git");
    bool is = !lstat(path, &status);
    free(path);
    return is;
}

/* The path that is the only line of FILE, behind BEFORE. NULL: it is none such. The caller frees it. */
static char *read_path(const char *file, const char *before)
{
    struct buf text = {0};
    size_t length = strlen(before);
    char *path = NULL;
    if (git_read(file, true, &text) && text.length > length && !memcmp(text.data, before, length))
        path = mem_copy(text.data + length, strcspn(text.data + length, "\r\n"));
    buf_release(&text);
    return path;
}

/* Where the repository at ROOT keeps what its working trees share. The caller frees it. */
static char *common_directory(const char *root)
{
    char *git = join(root, ".git");
    char *elsewhere = read_path(git, "gitdir: ");
    if (!elsewhere)
        return git;
    char *own = join(root, elsewhere);
    char *file = join(own, "commondir");
    char *common = read_path(file, "");
    char *directory = common ? join(own, common) : mem_strdup(own);
    free(common);
    free(file);
    free(own);
    free(elsewhere);
    free(git);
    return directory;
}

char *git_exclude_file(const char *root)
{
    char *common = common_directory(root);
    char *path = join(common, "info/exclude");
    free(common);
    return path;
}

/* The value of a line of settings, without quotes and what is behind it. The caller frees it. */
static char *value_of(const char *text)
{
    struct buf value = {0};
    bool quoted = false;
    buf_text(&value, "");
    text += strspn(text, " \t");
    for (; *text && *text != '\n' && (quoted || !strchr("#;", *text)); text++) {
        if (*text == '"')
            quoted = !quoted;
        else if (*text == '\\' && text[1] && text[1] != '\n')
            buf_char(&value, *++text);
        else
            buf_char(&value, *text);
    }
    while (value.length && !quoted && strchr(" \t\r", value.data[value.length - 1]))
        buf_truncate(&value, value.length - 1);
    return buf_take(&value);
}

/* Sets *FOUND where the settings in FILE say it. */
static void read_setting(const char *file, char **found)
{
    static const char name[] = "excludesfile";
    struct buf text = {0};
    bool core = false;
    if (!git_read(file, true, &text))
        buf_clear(&text);
    for (const char *line = buf_string(&text); *line; line += strcspn(line, "\n")) {
        line += strspn(line, " \t\r\n");
        if (*line == '[')
            core = !strncasecmp(line, "[core]", 6);
        if (!core || strncasecmp(line, name, strlen(name)) != 0)
            continue;
        const char *behind = line + strlen(name);
        behind += strspn(behind, " \t");
        if (*behind != '=')
            continue;
        free(*found);
        *found = value_of(behind + 1);
    }
    buf_release(&text);
}

static char *below_home(const char *path)
{
    const char *home = getenv("HOME");
    return home && *home == '/' ? join(home, path) : NULL;
}

/* PATH below the directory for settings of this user. NULL: there is none. */
static char *below_settings(const char *path)
{
    const char *settings = getenv("XDG_CONFIG_HOME");
    if (settings && *settings == '/')
        return join(settings, path);
    char *usual = join(".config", path);
    char *whole = below_home(usual);
    free(usual);
    return whole;
}

char *git_global_file(const char *root)
{
    char *common = common_directory(root);
    char *files[] = {mem_strdup("/etc/gitconfig"), below_settings("git/config"), below_home(".gitconfig"), join(common, "config")};
    char *found = NULL;
    for (size_t i = 0; i < countof(files); i++) {
        if (files[i])
            read_setting(files[i], &found);
        free(files[i]);
    }
    free(common);
    if (!found)
        return below_settings("git/ignore");
    if (strncmp(found, "~/", 2) != 0)
        return found;
    char *path = below_home(found + 2);
    free(found);
    return path;
}
