# SPDX-License-Identifier: BSD-2-Clause
# fish completion for mfactl. Commands and options come from its own help, so there is no second list to keep.

function __mfactl_usage
    # One line a command: the help's continuation lines start with blanks.
    mfactl --help 2>/dev/null | sed -e ':a' -e '$!N' -e 's/\n  */ /' -e 'ta' -e 'P' -e 'D' | string match -r '^mfactl .*'
end

function __mfactl_words
    set -l before (commandline -opc)
    set -l current (commandline -ct)
    set -l command mfactl
    switch $before[-1]
        case --svm
            mfactl svm show --json 2>/dev/null | sed -n 's/^ *"name": "\(.*\)",\{0,1\}$/\1/p'
            return
        case --user
            __fish_complete_users
            return
        case --config '--*-file' --log
            __fish_complete_path $current
            return
        case --self-enrolment
            printf '%s\n' after_duo open closed
            return
        case --factors
            printf '%s\n' totp duo totp,duo duo,totp
            return
        case --totp-digits
            printf '%s\n' 6 8
            return
        case --fail-mode
            printf '%s\n' safe secure
            return
        case --totp-algorithm
            printf '%s\n' SHA1 SHA256 SHA512
            return
        case --enabled --is-enabled --auto-push
            printf '%s\n' true false
            return
    end
    for word in $before[2..-1]
        string match -q -- '-*' $word; and break
        set command "$command $word"
    end
    # `svm create vs0 --…`: the name is none of the command's words.
    set -l named (string match -r '^mfactl svm (?:create|modify|delete)(?= [^ ]+$)' -- $command)
    for line in (__mfactl_usage)
        if string match -q -- '-*' $current
            string match -q -- "$command *" "$line "; or begin
                test -n "$named"; and string match -q -- "$named *" $line
            end; or continue
            string match -ra -- '--[a-z-]+' $line
            echo --config
        else if string match -q -- "$command *" $line
            set -l next (string split -m 1 ' ' -- (string replace -- "$command " '' $line))[1]
            if string match -q 'FILE*' $next
                __fish_complete_path $current
                return
            end
            string match -r '^[a-z].*' -- $next
        end
    end | sort -u
end

complete -c mfactl -f -a '(__mfactl_words)'
