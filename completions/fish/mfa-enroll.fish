# SPDX-License-Identifier: BSD-2-Clause
# fish completion for mfa-enroll. The options come from its own help.

function __mfa_enroll_words
    set -l before (commandline -opc)
    set -l current (commandline -ct)
    switch $before[-1]
        case --qr
            printf '%s\n' utf8 ansi none
            return
        case --config
            __fish_complete_path $current
            return
        case --svm --comment --issuer --label
            return
    end
    if string match -q -- '-*' $current
        mfa-enroll --help 2>/dev/null | string match -ra -- '--[a-z-]+' | sort -u
    else if test (count $before) = 1
        printf '%s\n' create status codes delete
    end
end

complete -c mfa-enroll -f -a '(__mfa_enroll_words)'
