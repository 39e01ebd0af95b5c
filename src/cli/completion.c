/*
 * Files that complete the command's words. They hold no words of their own: each asks parrun for
 * the candidates, hands over the words up to the cursor, and offers its own files where a file is
 * wanted.
 */
#include "cli/completion.h"

#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "cli/candidates.h"

/*
 * Bash takes words apart at '=' and ':' too: what no blank separates is one word again. What it
 * completes is the part behind them.
 */
static const char bash[] =
    "_parrun() {\n"
    "    local cur=${COMP_WORDS[COMP_CWORD]} line=$COMP_LINE words=() reply=() word lead i\n"
    "    for ((i = 0; i <= COMP_CWORD; i++)); do\n"
    "        word=${COMP_WORDS[i]}\n"
    "        lead=${line%%\"$word\"*}\n"
    "        line=${line#\"$lead$word\"}\n"
    "        if [[ $i != 0 && $word && ! $lead ]]; then\n"
    "            words[${#words[@]} - 1]+=$word\n"
    "        else\n"
    "            words+=(\"$word\")\n"
    "        fi\n"
    "    done\n"
    "    [[ $cur == [=:] ]] && cur=\n"
    "    lead=${words[${#words[@]} - 1]%\"$cur\"}\n"
    "    words=(\"${words[@]//[\\\\\\'\\\"]/}\")\n"
    "    words=(\"${words[@]/#\\~\\//$HOME/}\")\n"
    "    mapfile -t reply < <(\"${words[0]}\" completion bash -- \"${words[@]:1}\" 2>/dev/null)\n"
    "    COMPREPLY=()\n"
    "    [[ ${reply[0]} == " CANDIDATES_FILES " ]] && compopt -o default\n"
    "    for word in \"${reply[@]:1}\"; do\n"
    "        word=${word%%$'\\t'*}\n"
    "        [[ $word == *[=:] ]] && compopt -o nospace\n"
    "        COMPREPLY+=(\"${word#\"$lead\"}\")\n"
    "    done\n"
    "    if [[ ${reply[0]} == " CANDIDATES_FILES " && $COMPREPLY ]]; then\n" /* they are its default where there is nothing else */
    "        mapfile -t reply < <(compgen -f -- \"$cur\")\n"
    "        [[ $reply ]] && compopt -o filenames\n"
    "        COMPREPLY+=(\"${reply[@]}\")\n"
    "    fi\n"
    "}\n"
    "complete -F _parrun parrun\n";

static const char zsh[] = "#compdef parrun\n"
                          "_parrun() {\n"
                          "    local -a reply names shown end\n"
                          "    local line\n"
                          "    reply=(\"${(@f)$(${~words[1]} completion zsh -- "
                          "\"${(@Q)words[2,CURRENT]}\" 2>/dev/null)}\")\n"
                          "    for line in ${reply[2,-1]}; do\n"
                          "        names+=(\"${line%%$'\\t'*}\")\n"
                          "        shown+=(\"${line/$'\\t'/  -- }\")\n"
                          "    done\n"
                          "    [[ $names[1] == *[=:] ]] && end=(-S '')\n"
                          "    compadd \"${end[@]}\" -l -d shown -a names\n"
                          "    if [[ $reply[1] == " CANDIDATES_FILES " ]]; then\n"
                          "        compset -P '--*='\n"
                          "        _files\n"
                          "    fi\n"
                          "}\n"
                          "if [[ $funcstack[1] == _parrun ]]; then\n"
                          "    _parrun \"$@\"\n"
                          "else\n"
                          "    compdef _parrun parrun\n"
                          "fi\n";

static const char fish[] =
    "function __parrun_complete\n"
    "    set -l words (commandline -opc)\n"
    "    set -l current (commandline -ct)\n"
    "    set -l reply ($words[1] completion fish -- $words[2..-1] $current 2>/dev/null)\n"
    "    if test \"$reply[1]\" = " CANDIDATES_FILES "\n"
    "        set -l option (string match -r -- '^--[^=]*=' $current)\n"
    "        for path in (__fish_complete_path (string replace -r -- '^--[^=]*=' '' $current))\n"
    "            echo \"$option$path\"\n"
    "        end\n"
    "    end\n"
    "    set -e reply[1]\n"
    "    printf '%s\\n' $reply\n"
    "end\n"
    "complete -c parrun -f -a '(__parrun_complete)'\n";

void completion_print(const char *shell, struct buf *out)
{
    static const struct {
        const char *shell;
        const char *text;
    } files[] = {{"bash", bash}, {"zsh", zsh}, {"fish", fish}};
    for (size_t i = 0; i < countof(files); i++)
        if (!strcmp(files[i].shell, shell))
            buf_text(out, files[i].text);
}
