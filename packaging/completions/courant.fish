# Print an optspec for argparse to handle cmd's options that are independent of any subcommand.
function __fish_courant_global_optspecs
    string join \n config= h/help V/version
end

function __fish_courant_needs_command
    # Figure out if the current invocation already has a command.
    set -l cmd (commandline -opc)
    set -e cmd[1]
    argparse -s (__fish_courant_global_optspecs) -- $cmd 2>/dev/null
    or return
    if set -q argv[1]
        # Also print the command, so this can be used to figure out what it is.
        echo $argv[1]
        return 1
    end
    return 0
end

function __fish_courant_using_subcommand
    set -l cmd (__fish_courant_needs_command)
    test -z "$cmd"
    and return 1
    contains -- $cmd[1] $argv
end

complete -c courant -n "__fish_courant_needs_command" -l config -d 'The configuration file [default: courant.toml in $XDG_CONFIG_HOME/courant or /etc/courant, else built-in defaults]' -r -F
complete -c courant -n "__fish_courant_needs_command" -s h -l help -d 'Print help'
complete -c courant -n "__fish_courant_needs_command" -s V -l version -d 'Print version'
complete -c courant -n "__fish_courant_needs_command" -f -a "run" -d 'Poll, extract, merge and serve until told to stop'
complete -c courant -n "__fish_courant_needs_command" -f -a "reload" -d 'Let the running service read its configuration and subscriptions again'
complete -c courant -n "__fish_courant_needs_command" -f -a "once" -d 'One pass: poll what is due, settle what can be settled, say what was done'
complete -c courant -n "__fish_courant_needs_command" -f -a "demo" -d 'The whole program on a small built-in world: no network, no configuration'
complete -c courant -n "__fish_courant_needs_command" -f -a "init" -d 'Write the commented configuration and the starter subscriptions'
complete -c courant -n "__fish_courant_needs_command" -f -a "stories" -d 'Recent stories, newest first, or those that hold the words of QUERY'
complete -c courant -n "__fish_courant_needs_command" -f -a "search" -d 'Stories of any age that hold the words of QUERY, newest first'
complete -c courant -n "__fish_courant_needs_command" -f -a "story" -d 'One story in full; stories split and merged by hand'
complete -c courant -n "__fish_courant_needs_command" -f -a "why" -d 'Why a story\'s entries are one story'
complete -c courant -n "__fish_courant_needs_command" -f -a "feed" -d 'Subscriptions'
complete -c courant -n "__fish_courant_needs_command" -f -a "sync" -d 'Apps that read on phones and desktops: who may, and with which password'
complete -c courant -n "__fish_courant_needs_command" -f -a "status" -d 'The database in figures, and feeds that need attention'
complete -c courant -n "__fish_courant_needs_command" -f -a "doctor" -d 'Check the installation and every feed, and say what to do; changes nothing'
complete -c courant -n "__fish_courant_needs_command" -f -a "db" -d 'The database as a whole'
complete -c courant -n "__fish_courant_needs_command" -f -a "article" -d 'What the extractor makes of one page'
complete -c courant -n "__fish_courant_needs_command" -f -a "config" -d 'The configuration'
complete -c courant -n "__fish_courant_needs_command" -f -a "rules" -d 'Rules: what they would do, and what they do'
complete -c courant -n "__fish_courant_needs_command" -f -a "render" -d 'Print an output as the server would serve it'
complete -c courant -n "__fish_courant_needs_command" -f -a "completions" -d 'Print what completes commands in a shell'
complete -c courant -n "__fish_courant_needs_command" -f -a "man" -d 'Print a page of the manual, or write all pages into a folder'
complete -c courant -n "__fish_courant_needs_command" -f -a "debug" -d 'Run one stage alone: JSON lines in, JSON lines out'
complete -c courant -n "__fish_courant_needs_command" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c courant -n "__fish_courant_using_subcommand run" -l record -d 'Append every change of the database to this file as JSON lines, for `courant db replay`' -r -F
complete -c courant -n "__fish_courant_using_subcommand run" -l log -d 'How the log is written: auto, text or json [default: log.format]' -r
complete -c courant -n "__fish_courant_using_subcommand run" -l config -d 'The configuration file [default: courant.toml in $XDG_CONFIG_HOME/courant or /etc/courant, else built-in defaults]' -r -F
complete -c courant -n "__fish_courant_using_subcommand run" -s h -l help -d 'Print help'
complete -c courant -n "__fish_courant_using_subcommand reload" -l config -d 'The configuration file [default: courant.toml in $XDG_CONFIG_HOME/courant or /etc/courant, else built-in defaults]' -r -F
complete -c courant -n "__fish_courant_using_subcommand reload" -s h -l help -d 'Print help'
complete -c courant -n "__fish_courant_using_subcommand once" -l record -d 'Append every change of the database to this file as JSON lines, for `courant db replay`; not with a running courant' -r -F
complete -c courant -n "__fish_courant_using_subcommand once" -l config -d 'The configuration file [default: courant.toml in $XDG_CONFIG_HOME/courant or /etc/courant, else built-in defaults]' -r -F
complete -c courant -n "__fish_courant_using_subcommand once" -l all -d 'Poll feeds that are not due too; Retry-After, 410, robots.txt and the spacing of hosts still hold'
complete -c courant -n "__fish_courant_using_subcommand once" -l json -d 'The summary as JSON'
complete -c courant -n "__fish_courant_using_subcommand once" -s h -l help -d 'Print help'
complete -c courant -n "__fish_courant_using_subcommand demo" -l listen -d 'Where the merged feed is served' -r
complete -c courant -n "__fish_courant_using_subcommand demo" -l config -d 'The configuration file [default: courant.toml in $XDG_CONFIG_HOME/courant or /etc/courant, else built-in defaults]' -r -F
complete -c courant -n "__fish_courant_using_subcommand demo" -l once -d 'Show what was done and end, instead of serving the merged feed until Ctrl-C'
complete -c courant -n "__fish_courant_using_subcommand demo" -s h -l help -d 'Print help'
complete -c courant -n "__fish_courant_using_subcommand init" -l config -d 'The configuration file [default: courant.toml in $XDG_CONFIG_HOME/courant or /etc/courant, else built-in defaults]' -r -F
complete -c courant -n "__fish_courant_using_subcommand init" -s h -l help -d 'Print help'
complete -c courant -n "__fish_courant_using_subcommand stories" -l since -d 'First seen within this time (24h, 7days), or since a day (today, yesterday, 2026-11-20)' -r
complete -c courant -n "__fish_courant_using_subcommand stories" -s n -l limit -d 'So many at most' -r
complete -c courant -n "__fish_courant_using_subcommand stories" -l format -d 'How they are printed' -r -f -a "table\t'Columns, fitted to the terminal'
json\t'One array of objects'
jsonl\t'One object a line'
tsv\t'Columns between tabs, with a line of their keys'
md\t'A Markdown table'
urls\t'Addresses alone, one a line'"
complete -c courant -n "__fish_courant_using_subcommand stories" -l tag -d 'Only of feeds with this tag; given more than once: with one of them' -r
complete -c courant -n "__fish_courant_using_subcommand stories" -l lang -d 'Only in this language: en, zh, zh-Hant … (BCP 47); given more than once: in one of them' -r
complete -c courant -n "__fish_courant_using_subcommand stories" -l min-sources -d 'Only stories that so many feeds tell in words of their own; a copy counts with its original' -r
complete -c courant -n "__fish_courant_using_subcommand stories" -l config -d 'The configuration file [default: courant.toml in $XDG_CONFIG_HOME/courant or /etc/courant, else built-in defaults]' -r -F
complete -c courant -n "__fish_courant_using_subcommand stories" -l mark-read -d 'Mark those that are shown as read'
complete -c courant -n "__fish_courant_using_subcommand stories" -l watch -d 'Go on: print the stories that come, as they come'
complete -c courant -n "__fish_courant_using_subcommand stories" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c courant -n "__fish_courant_using_subcommand search" -l since -d 'First seen within this time (24h, 7days), or since a day (today, yesterday, 2026-11-20) [default: ever]' -r
complete -c courant -n "__fish_courant_using_subcommand search" -s n -l limit -d 'So many at most' -r
complete -c courant -n "__fish_courant_using_subcommand search" -l format -d 'How they are printed' -r -f -a "table\t'Columns, fitted to the terminal'
json\t'One array of objects'
jsonl\t'One object a line'
tsv\t'Columns between tabs, with a line of their keys'
md\t'A Markdown table'
urls\t'Addresses alone, one a line'"
complete -c courant -n "__fish_courant_using_subcommand search" -l tag -d 'Only of feeds with this tag; given more than once: with one of them' -r
complete -c courant -n "__fish_courant_using_subcommand search" -l lang -d 'Only in this language: en, zh, zh-Hant … (BCP 47); given more than once: in one of them' -r
complete -c courant -n "__fish_courant_using_subcommand search" -l min-sources -d 'Only stories that so many feeds tell in words of their own; a copy counts with its original' -r
complete -c courant -n "__fish_courant_using_subcommand search" -l config -d 'The configuration file [default: courant.toml in $XDG_CONFIG_HOME/courant or /etc/courant, else built-in defaults]' -r -F
complete -c courant -n "__fish_courant_using_subcommand search" -l mark-read -d 'Mark those that are shown as read'
complete -c courant -n "__fish_courant_using_subcommand search" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c courant -n "__fish_courant_using_subcommand story; and not __fish_seen_subcommand_from show open split merge star unstar read unread undo help" -l config -d 'The configuration file [default: courant.toml in $XDG_CONFIG_HOME/courant or /etc/courant, else built-in defaults]' -r -F
complete -c courant -n "__fish_courant_using_subcommand story; and not __fish_seen_subcommand_from show open split merge star unstar read unread undo help" -s h -l help -d 'Print help'
complete -c courant -n "__fish_courant_using_subcommand story; and not __fish_seen_subcommand_from show open split merge star unstar read unread undo help" -f -a "show" -d 'The story\'s text, its sources and its times'
complete -c courant -n "__fish_courant_using_subcommand story; and not __fish_seen_subcommand_from show open split merge star unstar read unread undo help" -f -a "open" -d 'Open the story\'s page in a browser: $BROWSER, else what the desktop has; without one its address is printed'
complete -c courant -n "__fish_courant_using_subcommand story; and not __fish_seen_subcommand_from show open split merge star unstar read unread undo help" -f -a "split" -d 'These entries are another story, for good; `courant why ID` prints the entries\' numbers'
complete -c courant -n "__fish_courant_using_subcommand story; and not __fish_seen_subcommand_from show open split merge star unstar read unread undo help" -f -a "merge" -d 'Two stories are one, for good; the first keeps its id, and the id of the second leads to it'
complete -c courant -n "__fish_courant_using_subcommand story; and not __fish_seen_subcommand_from show open split merge star unstar read unread undo help" -f -a "star" -d 'Keep these stories: what is starred is never pruned'
complete -c courant -n "__fish_courant_using_subcommand story; and not __fish_seen_subcommand_from show open split merge star unstar read unread undo help" -f -a "unstar" -d 'Take the stars of these stories away'
complete -c courant -n "__fish_courant_using_subcommand story; and not __fish_seen_subcommand_from show open split merge star unstar read unread undo help" -f -a "read" -d 'These stories are read, for every app'
complete -c courant -n "__fish_courant_using_subcommand story; and not __fish_seen_subcommand_from show open split merge star unstar read unread undo help" -f -a "unread" -d 'These stories are unread again'
complete -c courant -n "__fish_courant_using_subcommand story; and not __fish_seen_subcommand_from show open split merge star unstar read unread undo help" -f -a "undo" -d 'Undo the last split or merge that is not undone yet'
complete -c courant -n "__fish_courant_using_subcommand story; and not __fish_seen_subcommand_from show open split merge star unstar read unread undo help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c courant -n "__fish_courant_using_subcommand story; and __fish_seen_subcommand_from show" -l config -d 'The configuration file [default: courant.toml in $XDG_CONFIG_HOME/courant or /etc/courant, else built-in defaults]' -r -F
complete -c courant -n "__fish_courant_using_subcommand story; and __fish_seen_subcommand_from show" -l json -d 'As one JSON object'
complete -c courant -n "__fish_courant_using_subcommand story; and __fish_seen_subcommand_from show" -s h -l help -d 'Print help'
complete -c courant -n "__fish_courant_using_subcommand story; and __fish_seen_subcommand_from open" -l config -d 'The configuration file [default: courant.toml in $XDG_CONFIG_HOME/courant or /etc/courant, else built-in defaults]' -r -F
complete -c courant -n "__fish_courant_using_subcommand story; and __fish_seen_subcommand_from open" -s h -l help -d 'Print help'
complete -c courant -n "__fish_courant_using_subcommand story; and __fish_seen_subcommand_from split" -l config -d 'The configuration file [default: courant.toml in $XDG_CONFIG_HOME/courant or /etc/courant, else built-in defaults]' -r -F
complete -c courant -n "__fish_courant_using_subcommand story; and __fish_seen_subcommand_from split" -s h -l help -d 'Print help'
complete -c courant -n "__fish_courant_using_subcommand story; and __fish_seen_subcommand_from merge" -l config -d 'The configuration file [default: courant.toml in $XDG_CONFIG_HOME/courant or /etc/courant, else built-in defaults]' -r -F
complete -c courant -n "__fish_courant_using_subcommand story; and __fish_seen_subcommand_from merge" -s h -l help -d 'Print help'
complete -c courant -n "__fish_courant_using_subcommand story; and __fish_seen_subcommand_from star" -l config -d 'The configuration file [default: courant.toml in $XDG_CONFIG_HOME/courant or /etc/courant, else built-in defaults]' -r -F
complete -c courant -n "__fish_courant_using_subcommand story; and __fish_seen_subcommand_from star" -s h -l help -d 'Print help'
complete -c courant -n "__fish_courant_using_subcommand story; and __fish_seen_subcommand_from unstar" -l config -d 'The configuration file [default: courant.toml in $XDG_CONFIG_HOME/courant or /etc/courant, else built-in defaults]' -r -F
complete -c courant -n "__fish_courant_using_subcommand story; and __fish_seen_subcommand_from unstar" -s h -l help -d 'Print help'
complete -c courant -n "__fish_courant_using_subcommand story; and __fish_seen_subcommand_from read" -l config -d 'The configuration file [default: courant.toml in $XDG_CONFIG_HOME/courant or /etc/courant, else built-in defaults]' -r -F
complete -c courant -n "__fish_courant_using_subcommand story; and __fish_seen_subcommand_from read" -s h -l help -d 'Print help'
complete -c courant -n "__fish_courant_using_subcommand story; and __fish_seen_subcommand_from unread" -l config -d 'The configuration file [default: courant.toml in $XDG_CONFIG_HOME/courant or /etc/courant, else built-in defaults]' -r -F
complete -c courant -n "__fish_courant_using_subcommand story; and __fish_seen_subcommand_from unread" -s h -l help -d 'Print help'
complete -c courant -n "__fish_courant_using_subcommand story; and __fish_seen_subcommand_from undo" -l config -d 'The configuration file [default: courant.toml in $XDG_CONFIG_HOME/courant or /etc/courant, else built-in defaults]' -r -F
complete -c courant -n "__fish_courant_using_subcommand story; and __fish_seen_subcommand_from undo" -s h -l help -d 'Print help'
complete -c courant -n "__fish_courant_using_subcommand story; and __fish_seen_subcommand_from help" -f -a "show" -d 'The story\'s text, its sources and its times'
complete -c courant -n "__fish_courant_using_subcommand story; and __fish_seen_subcommand_from help" -f -a "open" -d 'Open the story\'s page in a browser: $BROWSER, else what the desktop has; without one its address is printed'
complete -c courant -n "__fish_courant_using_subcommand story; and __fish_seen_subcommand_from help" -f -a "split" -d 'These entries are another story, for good; `courant why ID` prints the entries\' numbers'
complete -c courant -n "__fish_courant_using_subcommand story; and __fish_seen_subcommand_from help" -f -a "merge" -d 'Two stories are one, for good; the first keeps its id, and the id of the second leads to it'
complete -c courant -n "__fish_courant_using_subcommand story; and __fish_seen_subcommand_from help" -f -a "star" -d 'Keep these stories: what is starred is never pruned'
complete -c courant -n "__fish_courant_using_subcommand story; and __fish_seen_subcommand_from help" -f -a "unstar" -d 'Take the stars of these stories away'
complete -c courant -n "__fish_courant_using_subcommand story; and __fish_seen_subcommand_from help" -f -a "read" -d 'These stories are read, for every app'
complete -c courant -n "__fish_courant_using_subcommand story; and __fish_seen_subcommand_from help" -f -a "unread" -d 'These stories are unread again'
complete -c courant -n "__fish_courant_using_subcommand story; and __fish_seen_subcommand_from help" -f -a "undo" -d 'Undo the last split or merge that is not undone yet'
complete -c courant -n "__fish_courant_using_subcommand story; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c courant -n "__fish_courant_using_subcommand why" -l config -d 'The configuration file [default: courant.toml in $XDG_CONFIG_HOME/courant or /etc/courant, else built-in defaults]' -r -F
complete -c courant -n "__fish_courant_using_subcommand why" -l json -d 'As one JSON object'
complete -c courant -n "__fish_courant_using_subcommand why" -s h -l help -d 'Print help'
complete -c courant -n "__fish_courant_using_subcommand feed; and not __fish_seen_subcommand_from add discover test list show remove pause resume edit refetch import export help" -l config -d 'The configuration file [default: courant.toml in $XDG_CONFIG_HOME/courant or /etc/courant, else built-in defaults]' -r -F
complete -c courant -n "__fish_courant_using_subcommand feed; and not __fish_seen_subcommand_from add discover test list show remove pause resume edit refetch import export help" -s h -l help -d 'Print help'
complete -c courant -n "__fish_courant_using_subcommand feed; and not __fish_seen_subcommand_from add discover test list show remove pause resume edit refetch import export help" -f -a "add" -d 'Subscribe to feeds, or to the feeds of pages'
complete -c courant -n "__fish_courant_using_subcommand feed; and not __fish_seen_subcommand_from add discover test list show remove pause resume edit refetch import export help" -f -a "discover" -d 'List the feeds of a page: those that it declares, else what its links and the usual places offer'
complete -c courant -n "__fish_courant_using_subcommand feed; and not __fish_seen_subcommand_from add discover test list show remove pause resume edit refetch import export help" -f -a "test" -d 'Fetch a feed as a poll would and say what is in it, with everything that had to be repaired'
complete -c courant -n "__fish_courant_using_subcommand feed; and not __fish_seen_subcommand_from add discover test list show remove pause resume edit refetch import export help" -f -a "list" -d 'All subscriptions and how they are'
complete -c courant -n "__fish_courant_using_subcommand feed; and not __fish_seen_subcommand_from add discover test list show remove pause resume edit refetch import export help" -f -a "show" -d 'One subscription: when it is polled next, and why then'
complete -c courant -n "__fish_courant_using_subcommand feed; and not __fish_seen_subcommand_from add discover test list show remove pause resume edit refetch import export help" -f -a "remove" -d 'Unsubscribe; its stories stay'
complete -c courant -n "__fish_courant_using_subcommand feed; and not __fish_seen_subcommand_from add discover test list show remove pause resume edit refetch import export help" -f -a "pause" -d 'Keep a feed in the list without polling it'
complete -c courant -n "__fish_courant_using_subcommand feed; and not __fish_seen_subcommand_from add discover test list show remove pause resume edit refetch import export help" -f -a "resume" -d 'Poll a paused feed again'
complete -c courant -n "__fish_courant_using_subcommand feed; and not __fish_seen_subcommand_from add discover test list show remove pause resume edit refetch import export help" -f -a "edit" -d 'Change what feeds.toml says of a feed, or open the list in an editor'
complete -c courant -n "__fish_courant_using_subcommand feed; and not __fish_seen_subcommand_from add discover test list show remove pause resume edit refetch import export help" -f -a "refetch" -d 'Ask a feed for everything anew, now: what its server said last ("unchanged since …") is forgotten first'
complete -c courant -n "__fish_courant_using_subcommand feed; and not __fish_seen_subcommand_from add discover test list show remove pause resume edit refetch import export help" -f -a "import" -d 'Subscribe to everything in an OPML file'
complete -c courant -n "__fish_courant_using_subcommand feed; and not __fish_seen_subcommand_from add discover test list show remove pause resume edit refetch import export help" -f -a "export" -d 'Print the subscriptions as OPML, private ones left out'
complete -c courant -n "__fish_courant_using_subcommand feed; and not __fish_seen_subcommand_from add discover test list show remove pause resume edit refetch import export help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c courant -n "__fish_courant_using_subcommand feed; and __fish_seen_subcommand_from add" -l title -d 'Its name here, instead of the feed\'s own; of one feed' -r
complete -c courant -n "__fish_courant_using_subcommand feed; and __fish_seen_subcommand_from add" -l tag -d 'A tag, by which outputs and searches select; may be given more than once, or as a,b' -r
complete -c courant -n "__fish_courant_using_subcommand feed; and __fish_seen_subcommand_from add" -l config -d 'The configuration file [default: courant.toml in $XDG_CONFIG_HOME/courant or /etc/courant, else built-in defaults]' -r -F
complete -c courant -n "__fish_courant_using_subcommand feed; and __fish_seen_subcommand_from add" -l private -d 'Never name these feeds in anything that is published'
complete -c courant -n "__fish_courant_using_subcommand feed; and __fish_seen_subcommand_from add" -l no-check -d 'Do not fetch them first'
complete -c courant -n "__fish_courant_using_subcommand feed; and __fish_seen_subcommand_from add" -s h -l help -d 'Print help'
complete -c courant -n "__fish_courant_using_subcommand feed; and __fish_seen_subcommand_from discover" -l format -d 'How they are printed' -r -f -a "table\t'Columns, fitted to the terminal'
json\t'One array of objects'
jsonl\t'One object a line'
tsv\t'Columns between tabs, with a line of their keys'
md\t'A Markdown table'
urls\t'Addresses alone, one a line'"
complete -c courant -n "__fish_courant_using_subcommand feed; and __fish_seen_subcommand_from discover" -l config -d 'The configuration file [default: courant.toml in $XDG_CONFIG_HOME/courant or /etc/courant, else built-in defaults]' -r -F
complete -c courant -n "__fish_courant_using_subcommand feed; and __fish_seen_subcommand_from discover" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c courant -n "__fish_courant_using_subcommand feed; and __fish_seen_subcommand_from test" -l config -d 'The configuration file [default: courant.toml in $XDG_CONFIG_HOME/courant or /etc/courant, else built-in defaults]' -r -F
complete -c courant -n "__fish_courant_using_subcommand feed; and __fish_seen_subcommand_from test" -s h -l help -d 'Print help'
complete -c courant -n "__fish_courant_using_subcommand feed; and __fish_seen_subcommand_from list" -l format -d 'How they are printed' -r -f -a "table\t'Columns, fitted to the terminal'
json\t'One array of objects'
jsonl\t'One object a line'
tsv\t'Columns between tabs, with a line of their keys'
md\t'A Markdown table'
urls\t'Addresses alone, one a line'"
complete -c courant -n "__fish_courant_using_subcommand feed; and __fish_seen_subcommand_from list" -l config -d 'The configuration file [default: courant.toml in $XDG_CONFIG_HOME/courant or /etc/courant, else built-in defaults]' -r -F
complete -c courant -n "__fish_courant_using_subcommand feed; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c courant -n "__fish_courant_using_subcommand feed; and __fish_seen_subcommand_from show" -l config -d 'The configuration file [default: courant.toml in $XDG_CONFIG_HOME/courant or /etc/courant, else built-in defaults]' -r -F
complete -c courant -n "__fish_courant_using_subcommand feed; and __fish_seen_subcommand_from show" -s h -l help -d 'Print help'
complete -c courant -n "__fish_courant_using_subcommand feed; and __fish_seen_subcommand_from remove" -l config -d 'The configuration file [default: courant.toml in $XDG_CONFIG_HOME/courant or /etc/courant, else built-in defaults]' -r -F
complete -c courant -n "__fish_courant_using_subcommand feed; and __fish_seen_subcommand_from remove" -l purge -d 'Remove its entries too, and the stories that nobody else carried'
complete -c courant -n "__fish_courant_using_subcommand feed; and __fish_seen_subcommand_from remove" -s h -l help -d 'Print help'
complete -c courant -n "__fish_courant_using_subcommand feed; and __fish_seen_subcommand_from pause" -l config -d 'The configuration file [default: courant.toml in $XDG_CONFIG_HOME/courant or /etc/courant, else built-in defaults]' -r -F
complete -c courant -n "__fish_courant_using_subcommand feed; and __fish_seen_subcommand_from pause" -s h -l help -d 'Print help'
complete -c courant -n "__fish_courant_using_subcommand feed; and __fish_seen_subcommand_from resume" -l config -d 'The configuration file [default: courant.toml in $XDG_CONFIG_HOME/courant or /etc/courant, else built-in defaults]' -r -F
complete -c courant -n "__fish_courant_using_subcommand feed; and __fish_seen_subcommand_from resume" -s h -l help -d 'Print help'
complete -c courant -n "__fish_courant_using_subcommand feed; and __fish_seen_subcommand_from edit" -l set -d 'Set a key; the value is a text, or written as in feeds.toml: true, 10, ["a", "b"]' -r
complete -c courant -n "__fish_courant_using_subcommand feed; and __fish_seen_subcommand_from edit" -l unset -d 'Take a key out, so that what it says by default holds again' -r
complete -c courant -n "__fish_courant_using_subcommand feed; and __fish_seen_subcommand_from edit" -l config -d 'The configuration file [default: courant.toml in $XDG_CONFIG_HOME/courant or /etc/courant, else built-in defaults]' -r -F
complete -c courant -n "__fish_courant_using_subcommand feed; and __fish_seen_subcommand_from edit" -s h -l help -d 'Print help'
complete -c courant -n "__fish_courant_using_subcommand feed; and __fish_seen_subcommand_from refetch" -l config -d 'The configuration file [default: courant.toml in $XDG_CONFIG_HOME/courant or /etc/courant, else built-in defaults]' -r -F
complete -c courant -n "__fish_courant_using_subcommand feed; and __fish_seen_subcommand_from refetch" -s h -l help -d 'Print help'
complete -c courant -n "__fish_courant_using_subcommand feed; and __fish_seen_subcommand_from import" -l config -d 'The configuration file [default: courant.toml in $XDG_CONFIG_HOME/courant or /etc/courant, else built-in defaults]' -r -F
complete -c courant -n "__fish_courant_using_subcommand feed; and __fish_seen_subcommand_from import" -s h -l help -d 'Print help'
complete -c courant -n "__fish_courant_using_subcommand feed; and __fish_seen_subcommand_from export" -l config -d 'The configuration file [default: courant.toml in $XDG_CONFIG_HOME/courant or /etc/courant, else built-in defaults]' -r -F
complete -c courant -n "__fish_courant_using_subcommand feed; and __fish_seen_subcommand_from export" -s h -l help -d 'Print help'
complete -c courant -n "__fish_courant_using_subcommand feed; and __fish_seen_subcommand_from help" -f -a "add" -d 'Subscribe to feeds, or to the feeds of pages'
complete -c courant -n "__fish_courant_using_subcommand feed; and __fish_seen_subcommand_from help" -f -a "discover" -d 'List the feeds of a page: those that it declares, else what its links and the usual places offer'
complete -c courant -n "__fish_courant_using_subcommand feed; and __fish_seen_subcommand_from help" -f -a "test" -d 'Fetch a feed as a poll would and say what is in it, with everything that had to be repaired'
complete -c courant -n "__fish_courant_using_subcommand feed; and __fish_seen_subcommand_from help" -f -a "list" -d 'All subscriptions and how they are'
complete -c courant -n "__fish_courant_using_subcommand feed; and __fish_seen_subcommand_from help" -f -a "show" -d 'One subscription: when it is polled next, and why then'
complete -c courant -n "__fish_courant_using_subcommand feed; and __fish_seen_subcommand_from help" -f -a "remove" -d 'Unsubscribe; its stories stay'
complete -c courant -n "__fish_courant_using_subcommand feed; and __fish_seen_subcommand_from help" -f -a "pause" -d 'Keep a feed in the list without polling it'
complete -c courant -n "__fish_courant_using_subcommand feed; and __fish_seen_subcommand_from help" -f -a "resume" -d 'Poll a paused feed again'
complete -c courant -n "__fish_courant_using_subcommand feed; and __fish_seen_subcommand_from help" -f -a "edit" -d 'Change what feeds.toml says of a feed, or open the list in an editor'
complete -c courant -n "__fish_courant_using_subcommand feed; and __fish_seen_subcommand_from help" -f -a "refetch" -d 'Ask a feed for everything anew, now: what its server said last ("unchanged since …") is forgotten first'
complete -c courant -n "__fish_courant_using_subcommand feed; and __fish_seen_subcommand_from help" -f -a "import" -d 'Subscribe to everything in an OPML file'
complete -c courant -n "__fish_courant_using_subcommand feed; and __fish_seen_subcommand_from help" -f -a "export" -d 'Print the subscriptions as OPML, private ones left out'
complete -c courant -n "__fish_courant_using_subcommand feed; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c courant -n "__fish_courant_using_subcommand sync; and not __fish_seen_subcommand_from add list remove help" -l config -d 'The configuration file [default: courant.toml in $XDG_CONFIG_HOME/courant or /etc/courant, else built-in defaults]' -r -F
complete -c courant -n "__fish_courant_using_subcommand sync; and not __fish_seen_subcommand_from add list remove help" -s h -l help -d 'Print help'
complete -c courant -n "__fish_courant_using_subcommand sync; and not __fish_seen_subcommand_from add list remove help" -f -a "add" -d 'Let an app in: prints its password, once'
complete -c courant -n "__fish_courant_using_subcommand sync; and not __fish_seen_subcommand_from add list remove help" -f -a "list" -d 'The apps that may read and mark'
complete -c courant -n "__fish_courant_using_subcommand sync; and not __fish_seen_subcommand_from add list remove help" -f -a "remove" -d 'Shut an app out: its password means nothing any more'
complete -c courant -n "__fish_courant_using_subcommand sync; and not __fish_seen_subcommand_from add list remove help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c courant -n "__fish_courant_using_subcommand sync; and __fish_seen_subcommand_from add" -l config -d 'The configuration file [default: courant.toml in $XDG_CONFIG_HOME/courant or /etc/courant, else built-in defaults]' -r -F
complete -c courant -n "__fish_courant_using_subcommand sync; and __fish_seen_subcommand_from add" -s h -l help -d 'Print help'
complete -c courant -n "__fish_courant_using_subcommand sync; and __fish_seen_subcommand_from list" -l config -d 'The configuration file [default: courant.toml in $XDG_CONFIG_HOME/courant or /etc/courant, else built-in defaults]' -r -F
complete -c courant -n "__fish_courant_using_subcommand sync; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help'
complete -c courant -n "__fish_courant_using_subcommand sync; and __fish_seen_subcommand_from remove" -l config -d 'The configuration file [default: courant.toml in $XDG_CONFIG_HOME/courant or /etc/courant, else built-in defaults]' -r -F
complete -c courant -n "__fish_courant_using_subcommand sync; and __fish_seen_subcommand_from remove" -s h -l help -d 'Print help'
complete -c courant -n "__fish_courant_using_subcommand sync; and __fish_seen_subcommand_from help" -f -a "add" -d 'Let an app in: prints its password, once'
complete -c courant -n "__fish_courant_using_subcommand sync; and __fish_seen_subcommand_from help" -f -a "list" -d 'The apps that may read and mark'
complete -c courant -n "__fish_courant_using_subcommand sync; and __fish_seen_subcommand_from help" -f -a "remove" -d 'Shut an app out: its password means nothing any more'
complete -c courant -n "__fish_courant_using_subcommand sync; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c courant -n "__fish_courant_using_subcommand status" -l format -d 'For people, or as one JSON object' -r -f -a "table\t''
json\t''"
complete -c courant -n "__fish_courant_using_subcommand status" -l config -d 'The configuration file [default: courant.toml in $XDG_CONFIG_HOME/courant or /etc/courant, else built-in defaults]' -r -F
complete -c courant -n "__fish_courant_using_subcommand status" -s h -l help -d 'Print help'
complete -c courant -n "__fish_courant_using_subcommand doctor" -l config -d 'The configuration file [default: courant.toml in $XDG_CONFIG_HOME/courant or /etc/courant, else built-in defaults]' -r -F
complete -c courant -n "__fish_courant_using_subcommand doctor" -s h -l help -d 'Print help'
complete -c courant -n "__fish_courant_using_subcommand db; and not __fish_seen_subcommand_from recluster prune check backup restore export import reindex compact replay help" -l config -d 'The configuration file [default: courant.toml in $XDG_CONFIG_HOME/courant or /etc/courant, else built-in defaults]' -r -F
complete -c courant -n "__fish_courant_using_subcommand db; and not __fish_seen_subcommand_from recluster prune check backup restore export import reindex compact replay help" -s h -l help -d 'Print help'
complete -c courant -n "__fish_courant_using_subcommand db; and not __fish_seen_subcommand_from recluster prune check backup restore export import reindex compact replay help" -f -a "recluster" -d 'What this version would make of the stored entries: which stories it would split or merge'
complete -c courant -n "__fish_courant_using_subcommand db; and not __fish_seen_subcommand_from recluster prune check backup restore export import reindex compact replay help" -f -a "prune" -d 'Remove the stories that are older than is kept ([store] in courant.toml), now'
complete -c courant -n "__fish_courant_using_subcommand db; and not __fish_seen_subcommand_from recluster prune check backup restore export import reindex compact replay help" -f -a "check" -d 'Whether the database is whole, as SQLite and as courant see it; reads all of it'
complete -c courant -n "__fish_courant_using_subcommand db; and not __fish_seen_subcommand_from recluster prune check backup restore export import reindex compact replay help" -f -a "backup" -d 'Copy the database while it is in use'
complete -c courant -n "__fish_courant_using_subcommand db; and not __fish_seen_subcommand_from recluster prune check backup restore export import reindex compact replay help" -f -a "restore" -d 'Put a backup in the place of the database, which is set aside; while no courant runs'
complete -c courant -n "__fish_courant_using_subcommand db; and not __fish_seen_subcommand_from recluster prune check backup restore export import reindex compact replay help" -f -a "export" -d 'Write the whole database as JSON lines'
complete -c courant -n "__fish_courant_using_subcommand db; and not __fish_seen_subcommand_from recluster prune check backup restore export import reindex compact replay help" -f -a "import" -d 'Make a new database of what was exported; while no courant runs'
complete -c courant -n "__fish_courant_using_subcommand db; and not __fish_seen_subcommand_from recluster prune check backup restore export import reindex compact replay help" -f -a "reindex" -d 'Make the text index that searches use anew, of the stored texts; while no courant runs'
complete -c courant -n "__fish_courant_using_subcommand db; and not __fish_seen_subcommand_from recluster prune check backup restore export import reindex compact replay help" -f -a "compact" -d 'Make the database\'s file as small as it can be; while no courant runs'
complete -c courant -n "__fish_courant_using_subcommand db; and not __fish_seen_subcommand_from recluster prune check backup restore export import reindex compact replay help" -f -a "replay" -d 'Do again what `--record` wrote down, into a new database'
complete -c courant -n "__fish_courant_using_subcommand db; and not __fish_seen_subcommand_from recluster prune check backup restore export import reindex compact replay help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c courant -n "__fish_courant_using_subcommand db; and __fish_seen_subcommand_from recluster" -l since -d 'Entries first seen within this time (14d, 2weeks), or since a day (yesterday, 2026-11-20)' -r
complete -c courant -n "__fish_courant_using_subcommand db; and __fish_seen_subcommand_from recluster" -l config -d 'The configuration file [default: courant.toml in $XDG_CONFIG_HOME/courant or /etc/courant, else built-in defaults]' -r -F
complete -c courant -n "__fish_courant_using_subcommand db; and __fish_seen_subcommand_from recluster" -l dry-run -d 'Only say it; stories that people have seen are not rearranged, so nothing else is offered'
complete -c courant -n "__fish_courant_using_subcommand db; and __fish_seen_subcommand_from recluster" -l json -d 'As one JSON object'
complete -c courant -n "__fish_courant_using_subcommand db; and __fish_seen_subcommand_from recluster" -s h -l help -d 'Print help'
complete -c courant -n "__fish_courant_using_subcommand db; and __fish_seen_subcommand_from prune" -l config -d 'The configuration file [default: courant.toml in $XDG_CONFIG_HOME/courant or /etc/courant, else built-in defaults]' -r -F
complete -c courant -n "__fish_courant_using_subcommand db; and __fish_seen_subcommand_from prune" -l dry-run -d 'Only say how many would go'
complete -c courant -n "__fish_courant_using_subcommand db; and __fish_seen_subcommand_from prune" -s h -l help -d 'Print help'
complete -c courant -n "__fish_courant_using_subcommand db; and __fish_seen_subcommand_from check" -l config -d 'The configuration file [default: courant.toml in $XDG_CONFIG_HOME/courant or /etc/courant, else built-in defaults]' -r -F
complete -c courant -n "__fish_courant_using_subcommand db; and __fish_seen_subcommand_from check" -s h -l help -d 'Print help'
complete -c courant -n "__fish_courant_using_subcommand db; and __fish_seen_subcommand_from backup" -l config -d 'The configuration file [default: courant.toml in $XDG_CONFIG_HOME/courant or /etc/courant, else built-in defaults]' -r -F
complete -c courant -n "__fish_courant_using_subcommand db; and __fish_seen_subcommand_from backup" -s h -l help -d 'Print help'
complete -c courant -n "__fish_courant_using_subcommand db; and __fish_seen_subcommand_from restore" -l config -d 'The configuration file [default: courant.toml in $XDG_CONFIG_HOME/courant or /etc/courant, else built-in defaults]' -r -F
complete -c courant -n "__fish_courant_using_subcommand db; and __fish_seen_subcommand_from restore" -s h -l help -d 'Print help'
complete -c courant -n "__fish_courant_using_subcommand db; and __fish_seen_subcommand_from export" -l config -d 'The configuration file [default: courant.toml in $XDG_CONFIG_HOME/courant or /etc/courant, else built-in defaults]' -r -F
complete -c courant -n "__fish_courant_using_subcommand db; and __fish_seen_subcommand_from export" -s h -l help -d 'Print help'
complete -c courant -n "__fish_courant_using_subcommand db; and __fish_seen_subcommand_from import" -l config -d 'The configuration file [default: courant.toml in $XDG_CONFIG_HOME/courant or /etc/courant, else built-in defaults]' -r -F
complete -c courant -n "__fish_courant_using_subcommand db; and __fish_seen_subcommand_from import" -s h -l help -d 'Print help'
complete -c courant -n "__fish_courant_using_subcommand db; and __fish_seen_subcommand_from reindex" -l config -d 'The configuration file [default: courant.toml in $XDG_CONFIG_HOME/courant or /etc/courant, else built-in defaults]' -r -F
complete -c courant -n "__fish_courant_using_subcommand db; and __fish_seen_subcommand_from reindex" -s h -l help -d 'Print help'
complete -c courant -n "__fish_courant_using_subcommand db; and __fish_seen_subcommand_from compact" -l config -d 'The configuration file [default: courant.toml in $XDG_CONFIG_HOME/courant or /etc/courant, else built-in defaults]' -r -F
complete -c courant -n "__fish_courant_using_subcommand db; and __fish_seen_subcommand_from compact" -s h -l help -d 'Print help'
complete -c courant -n "__fish_courant_using_subcommand db; and __fish_seen_subcommand_from replay" -l config -d 'The configuration file [default: courant.toml in $XDG_CONFIG_HOME/courant or /etc/courant, else built-in defaults]' -r -F
complete -c courant -n "__fish_courant_using_subcommand db; and __fish_seen_subcommand_from replay" -s h -l help -d 'Print help'
complete -c courant -n "__fish_courant_using_subcommand db; and __fish_seen_subcommand_from help" -f -a "recluster" -d 'What this version would make of the stored entries: which stories it would split or merge'
complete -c courant -n "__fish_courant_using_subcommand db; and __fish_seen_subcommand_from help" -f -a "prune" -d 'Remove the stories that are older than is kept ([store] in courant.toml), now'
complete -c courant -n "__fish_courant_using_subcommand db; and __fish_seen_subcommand_from help" -f -a "check" -d 'Whether the database is whole, as SQLite and as courant see it; reads all of it'
complete -c courant -n "__fish_courant_using_subcommand db; and __fish_seen_subcommand_from help" -f -a "backup" -d 'Copy the database while it is in use'
complete -c courant -n "__fish_courant_using_subcommand db; and __fish_seen_subcommand_from help" -f -a "restore" -d 'Put a backup in the place of the database, which is set aside; while no courant runs'
complete -c courant -n "__fish_courant_using_subcommand db; and __fish_seen_subcommand_from help" -f -a "export" -d 'Write the whole database as JSON lines'
complete -c courant -n "__fish_courant_using_subcommand db; and __fish_seen_subcommand_from help" -f -a "import" -d 'Make a new database of what was exported; while no courant runs'
complete -c courant -n "__fish_courant_using_subcommand db; and __fish_seen_subcommand_from help" -f -a "reindex" -d 'Make the text index that searches use anew, of the stored texts; while no courant runs'
complete -c courant -n "__fish_courant_using_subcommand db; and __fish_seen_subcommand_from help" -f -a "compact" -d 'Make the database\'s file as small as it can be; while no courant runs'
complete -c courant -n "__fish_courant_using_subcommand db; and __fish_seen_subcommand_from help" -f -a "replay" -d 'Do again what `--record` wrote down, into a new database'
complete -c courant -n "__fish_courant_using_subcommand db; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c courant -n "__fish_courant_using_subcommand article" -l url -d 'The address that a file\'s page came from: the base of its links, and what site rules go by' -r
complete -c courant -n "__fish_courant_using_subcommand article" -l config -d 'The configuration file [default: courant.toml in $XDG_CONFIG_HOME/courant or /etc/courant, else built-in defaults]' -r -F
complete -c courant -n "__fish_courant_using_subcommand article" -l html -d 'The body as it is published, instead of its text'
complete -c courant -n "__fish_courant_using_subcommand article" -l explain -d 'What was taken out, and each line of the page with why it stayed or went'
complete -c courant -n "__fish_courant_using_subcommand article" -s h -l help -d 'Print help'
complete -c courant -n "__fish_courant_using_subcommand config; and not __fish_seen_subcommand_from check show schema help" -l config -d 'The configuration file [default: courant.toml in $XDG_CONFIG_HOME/courant or /etc/courant, else built-in defaults]' -r -F
complete -c courant -n "__fish_courant_using_subcommand config; and not __fish_seen_subcommand_from check show schema help" -s h -l help -d 'Print help'
complete -c courant -n "__fish_courant_using_subcommand config; and not __fish_seen_subcommand_from check show schema help" -f -a "check" -d 'Say whether the configuration and the subscriptions are right, and what in them will not work as meant'
complete -c courant -n "__fish_courant_using_subcommand config; and not __fish_seen_subcommand_from check show schema help" -f -a "show" -d 'Print the configuration that holds, as TOML: the file, the variables and the defaults taken together'
complete -c courant -n "__fish_courant_using_subcommand config; and not __fish_seen_subcommand_from check show schema help" -f -a "schema" -d 'Print the JSON schema of courant.toml, for editors'
complete -c courant -n "__fish_courant_using_subcommand config; and not __fish_seen_subcommand_from check show schema help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c courant -n "__fish_courant_using_subcommand config; and __fish_seen_subcommand_from check" -l config -d 'The configuration file [default: courant.toml in $XDG_CONFIG_HOME/courant or /etc/courant, else built-in defaults]' -r -F
complete -c courant -n "__fish_courant_using_subcommand config; and __fish_seen_subcommand_from check" -s h -l help -d 'Print help'
complete -c courant -n "__fish_courant_using_subcommand config; and __fish_seen_subcommand_from show" -l config -d 'The configuration file [default: courant.toml in $XDG_CONFIG_HOME/courant or /etc/courant, else built-in defaults]' -r -F
complete -c courant -n "__fish_courant_using_subcommand config; and __fish_seen_subcommand_from show" -l origin -d 'Say behind each key where it is set: a line of the file, a variable, or by default'
complete -c courant -n "__fish_courant_using_subcommand config; and __fish_seen_subcommand_from show" -s h -l help -d 'Print help'
complete -c courant -n "__fish_courant_using_subcommand config; and __fish_seen_subcommand_from schema" -l config -d 'The configuration file [default: courant.toml in $XDG_CONFIG_HOME/courant or /etc/courant, else built-in defaults]' -r -F
complete -c courant -n "__fish_courant_using_subcommand config; and __fish_seen_subcommand_from schema" -l feeds -d 'That of feeds.toml'
complete -c courant -n "__fish_courant_using_subcommand config; and __fish_seen_subcommand_from schema" -s h -l help -d 'Print help'
complete -c courant -n "__fish_courant_using_subcommand config; and __fish_seen_subcommand_from help" -f -a "check" -d 'Say whether the configuration and the subscriptions are right, and what in them will not work as meant'
complete -c courant -n "__fish_courant_using_subcommand config; and __fish_seen_subcommand_from help" -f -a "show" -d 'Print the configuration that holds, as TOML: the file, the variables and the defaults taken together'
complete -c courant -n "__fish_courant_using_subcommand config; and __fish_seen_subcommand_from help" -f -a "schema" -d 'Print the JSON schema of courant.toml, for editors'
complete -c courant -n "__fish_courant_using_subcommand config; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c courant -n "__fish_courant_using_subcommand rules; and not __fish_seen_subcommand_from test list help" -l config -d 'The configuration file [default: courant.toml in $XDG_CONFIG_HOME/courant or /etc/courant, else built-in defaults]' -r -F
complete -c courant -n "__fish_courant_using_subcommand rules; and not __fish_seen_subcommand_from test list help" -s h -l help -d 'Print help'
complete -c courant -n "__fish_courant_using_subcommand rules; and not __fish_seen_subcommand_from test list help" -f -a "test" -d 'For which stories of the last 30 days the rules of courant.toml would hold; changes nothing'
complete -c courant -n "__fish_courant_using_subcommand rules; and not __fish_seen_subcommand_from test list help" -f -a "list" -d 'The rules that are in force, and for how many stories each holds'
complete -c courant -n "__fish_courant_using_subcommand rules; and not __fish_seen_subcommand_from test list help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c courant -n "__fish_courant_using_subcommand rules; and __fish_seen_subcommand_from test" -l limit -d 'Stories that are printed of each' -r
complete -c courant -n "__fish_courant_using_subcommand rules; and __fish_seen_subcommand_from test" -l config -d 'The configuration file [default: courant.toml in $XDG_CONFIG_HOME/courant or /etc/courant, else built-in defaults]' -r -F
complete -c courant -n "__fish_courant_using_subcommand rules; and __fish_seen_subcommand_from test" -l json -d 'As JSON'
complete -c courant -n "__fish_courant_using_subcommand rules; and __fish_seen_subcommand_from test" -s h -l help -d 'Print help'
complete -c courant -n "__fish_courant_using_subcommand rules; and __fish_seen_subcommand_from list" -l config -d 'The configuration file [default: courant.toml in $XDG_CONFIG_HOME/courant or /etc/courant, else built-in defaults]' -r -F
complete -c courant -n "__fish_courant_using_subcommand rules; and __fish_seen_subcommand_from list" -l json -d 'As JSON'
complete -c courant -n "__fish_courant_using_subcommand rules; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help'
complete -c courant -n "__fish_courant_using_subcommand rules; and __fish_seen_subcommand_from help" -f -a "test" -d 'For which stories of the last 30 days the rules of courant.toml would hold; changes nothing'
complete -c courant -n "__fish_courant_using_subcommand rules; and __fish_seen_subcommand_from help" -f -a "list" -d 'The rules that are in force, and for how many stories each holds'
complete -c courant -n "__fish_courant_using_subcommand rules; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c courant -n "__fish_courant_using_subcommand render" -l format -d 'The document\'s format' -r -f -a "atom\t''
rss\t''
json\t''"
complete -c courant -n "__fish_courant_using_subcommand render" -l all -d 'Write every output in every format, and the page with its stories, into this folder, for any web server; each file is replaced as a whole' -r -F
complete -c courant -n "__fish_courant_using_subcommand render" -l config -d 'The configuration file [default: courant.toml in $XDG_CONFIG_HOME/courant or /etc/courant, else built-in defaults]' -r -F
complete -c courant -n "__fish_courant_using_subcommand render" -s h -l help -d 'Print help'
complete -c courant -n "__fish_courant_using_subcommand completions" -l config -d 'The configuration file [default: courant.toml in $XDG_CONFIG_HOME/courant or /etc/courant, else built-in defaults]' -r -F
complete -c courant -n "__fish_courant_using_subcommand completions" -s h -l help -d 'Print help'
complete -c courant -n "__fish_courant_using_subcommand man" -l dir -d 'Write all pages into man1 and man5 of this folder' -r -F
complete -c courant -n "__fish_courant_using_subcommand man" -l config -d 'The configuration file [default: courant.toml in $XDG_CONFIG_HOME/courant or /etc/courant, else built-in defaults]' -r -F
complete -c courant -n "__fish_courant_using_subcommand man" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c courant -n "__fish_courant_using_subcommand debug" -l config -d 'The configuration file [default: courant.toml in $XDG_CONFIG_HOME/courant or /etc/courant, else built-in defaults]' -r -F
complete -c courant -n "__fish_courant_using_subcommand debug" -l explain -d 'Add to each answer what was decided and why'
complete -c courant -n "__fish_courant_using_subcommand debug" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c courant -n "__fish_courant_using_subcommand help; and not __fish_seen_subcommand_from run reload once demo init stories search story why feed sync status doctor db article config rules render completions man debug help" -f -a "run" -d 'Poll, extract, merge and serve until told to stop'
complete -c courant -n "__fish_courant_using_subcommand help; and not __fish_seen_subcommand_from run reload once demo init stories search story why feed sync status doctor db article config rules render completions man debug help" -f -a "reload" -d 'Let the running service read its configuration and subscriptions again'
complete -c courant -n "__fish_courant_using_subcommand help; and not __fish_seen_subcommand_from run reload once demo init stories search story why feed sync status doctor db article config rules render completions man debug help" -f -a "once" -d 'One pass: poll what is due, settle what can be settled, say what was done'
complete -c courant -n "__fish_courant_using_subcommand help; and not __fish_seen_subcommand_from run reload once demo init stories search story why feed sync status doctor db article config rules render completions man debug help" -f -a "demo" -d 'The whole program on a small built-in world: no network, no configuration'
complete -c courant -n "__fish_courant_using_subcommand help; and not __fish_seen_subcommand_from run reload once demo init stories search story why feed sync status doctor db article config rules render completions man debug help" -f -a "init" -d 'Write the commented configuration and the starter subscriptions'
complete -c courant -n "__fish_courant_using_subcommand help; and not __fish_seen_subcommand_from run reload once demo init stories search story why feed sync status doctor db article config rules render completions man debug help" -f -a "stories" -d 'Recent stories, newest first, or those that hold the words of QUERY'
complete -c courant -n "__fish_courant_using_subcommand help; and not __fish_seen_subcommand_from run reload once demo init stories search story why feed sync status doctor db article config rules render completions man debug help" -f -a "search" -d 'Stories of any age that hold the words of QUERY, newest first'
complete -c courant -n "__fish_courant_using_subcommand help; and not __fish_seen_subcommand_from run reload once demo init stories search story why feed sync status doctor db article config rules render completions man debug help" -f -a "story" -d 'One story in full; stories split and merged by hand'
complete -c courant -n "__fish_courant_using_subcommand help; and not __fish_seen_subcommand_from run reload once demo init stories search story why feed sync status doctor db article config rules render completions man debug help" -f -a "why" -d 'Why a story\'s entries are one story'
complete -c courant -n "__fish_courant_using_subcommand help; and not __fish_seen_subcommand_from run reload once demo init stories search story why feed sync status doctor db article config rules render completions man debug help" -f -a "feed" -d 'Subscriptions'
complete -c courant -n "__fish_courant_using_subcommand help; and not __fish_seen_subcommand_from run reload once demo init stories search story why feed sync status doctor db article config rules render completions man debug help" -f -a "sync" -d 'Apps that read on phones and desktops: who may, and with which password'
complete -c courant -n "__fish_courant_using_subcommand help; and not __fish_seen_subcommand_from run reload once demo init stories search story why feed sync status doctor db article config rules render completions man debug help" -f -a "status" -d 'The database in figures, and feeds that need attention'
complete -c courant -n "__fish_courant_using_subcommand help; and not __fish_seen_subcommand_from run reload once demo init stories search story why feed sync status doctor db article config rules render completions man debug help" -f -a "doctor" -d 'Check the installation and every feed, and say what to do; changes nothing'
complete -c courant -n "__fish_courant_using_subcommand help; and not __fish_seen_subcommand_from run reload once demo init stories search story why feed sync status doctor db article config rules render completions man debug help" -f -a "db" -d 'The database as a whole'
complete -c courant -n "__fish_courant_using_subcommand help; and not __fish_seen_subcommand_from run reload once demo init stories search story why feed sync status doctor db article config rules render completions man debug help" -f -a "article" -d 'What the extractor makes of one page'
complete -c courant -n "__fish_courant_using_subcommand help; and not __fish_seen_subcommand_from run reload once demo init stories search story why feed sync status doctor db article config rules render completions man debug help" -f -a "config" -d 'The configuration'
complete -c courant -n "__fish_courant_using_subcommand help; and not __fish_seen_subcommand_from run reload once demo init stories search story why feed sync status doctor db article config rules render completions man debug help" -f -a "rules" -d 'Rules: what they would do, and what they do'
complete -c courant -n "__fish_courant_using_subcommand help; and not __fish_seen_subcommand_from run reload once demo init stories search story why feed sync status doctor db article config rules render completions man debug help" -f -a "render" -d 'Print an output as the server would serve it'
complete -c courant -n "__fish_courant_using_subcommand help; and not __fish_seen_subcommand_from run reload once demo init stories search story why feed sync status doctor db article config rules render completions man debug help" -f -a "completions" -d 'Print what completes commands in a shell'
complete -c courant -n "__fish_courant_using_subcommand help; and not __fish_seen_subcommand_from run reload once demo init stories search story why feed sync status doctor db article config rules render completions man debug help" -f -a "man" -d 'Print a page of the manual, or write all pages into a folder'
complete -c courant -n "__fish_courant_using_subcommand help; and not __fish_seen_subcommand_from run reload once demo init stories search story why feed sync status doctor db article config rules render completions man debug help" -f -a "debug" -d 'Run one stage alone: JSON lines in, JSON lines out'
complete -c courant -n "__fish_courant_using_subcommand help; and not __fish_seen_subcommand_from run reload once demo init stories search story why feed sync status doctor db article config rules render completions man debug help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c courant -n "__fish_courant_using_subcommand help; and __fish_seen_subcommand_from story" -f -a "show" -d 'The story\'s text, its sources and its times'
complete -c courant -n "__fish_courant_using_subcommand help; and __fish_seen_subcommand_from story" -f -a "open" -d 'Open the story\'s page in a browser: $BROWSER, else what the desktop has; without one its address is printed'
complete -c courant -n "__fish_courant_using_subcommand help; and __fish_seen_subcommand_from story" -f -a "split" -d 'These entries are another story, for good; `courant why ID` prints the entries\' numbers'
complete -c courant -n "__fish_courant_using_subcommand help; and __fish_seen_subcommand_from story" -f -a "merge" -d 'Two stories are one, for good; the first keeps its id, and the id of the second leads to it'
complete -c courant -n "__fish_courant_using_subcommand help; and __fish_seen_subcommand_from story" -f -a "star" -d 'Keep these stories: what is starred is never pruned'
complete -c courant -n "__fish_courant_using_subcommand help; and __fish_seen_subcommand_from story" -f -a "unstar" -d 'Take the stars of these stories away'
complete -c courant -n "__fish_courant_using_subcommand help; and __fish_seen_subcommand_from story" -f -a "read" -d 'These stories are read, for every app'
complete -c courant -n "__fish_courant_using_subcommand help; and __fish_seen_subcommand_from story" -f -a "unread" -d 'These stories are unread again'
complete -c courant -n "__fish_courant_using_subcommand help; and __fish_seen_subcommand_from story" -f -a "undo" -d 'Undo the last split or merge that is not undone yet'
complete -c courant -n "__fish_courant_using_subcommand help; and __fish_seen_subcommand_from feed" -f -a "add" -d 'Subscribe to feeds, or to the feeds of pages'
complete -c courant -n "__fish_courant_using_subcommand help; and __fish_seen_subcommand_from feed" -f -a "discover" -d 'List the feeds of a page: those that it declares, else what its links and the usual places offer'
complete -c courant -n "__fish_courant_using_subcommand help; and __fish_seen_subcommand_from feed" -f -a "test" -d 'Fetch a feed as a poll would and say what is in it, with everything that had to be repaired'
complete -c courant -n "__fish_courant_using_subcommand help; and __fish_seen_subcommand_from feed" -f -a "list" -d 'All subscriptions and how they are'
complete -c courant -n "__fish_courant_using_subcommand help; and __fish_seen_subcommand_from feed" -f -a "show" -d 'One subscription: when it is polled next, and why then'
complete -c courant -n "__fish_courant_using_subcommand help; and __fish_seen_subcommand_from feed" -f -a "remove" -d 'Unsubscribe; its stories stay'
complete -c courant -n "__fish_courant_using_subcommand help; and __fish_seen_subcommand_from feed" -f -a "pause" -d 'Keep a feed in the list without polling it'
complete -c courant -n "__fish_courant_using_subcommand help; and __fish_seen_subcommand_from feed" -f -a "resume" -d 'Poll a paused feed again'
complete -c courant -n "__fish_courant_using_subcommand help; and __fish_seen_subcommand_from feed" -f -a "edit" -d 'Change what feeds.toml says of a feed, or open the list in an editor'
complete -c courant -n "__fish_courant_using_subcommand help; and __fish_seen_subcommand_from feed" -f -a "refetch" -d 'Ask a feed for everything anew, now: what its server said last ("unchanged since …") is forgotten first'
complete -c courant -n "__fish_courant_using_subcommand help; and __fish_seen_subcommand_from feed" -f -a "import" -d 'Subscribe to everything in an OPML file'
complete -c courant -n "__fish_courant_using_subcommand help; and __fish_seen_subcommand_from feed" -f -a "export" -d 'Print the subscriptions as OPML, private ones left out'
complete -c courant -n "__fish_courant_using_subcommand help; and __fish_seen_subcommand_from sync" -f -a "add" -d 'Let an app in: prints its password, once'
complete -c courant -n "__fish_courant_using_subcommand help; and __fish_seen_subcommand_from sync" -f -a "list" -d 'The apps that may read and mark'
complete -c courant -n "__fish_courant_using_subcommand help; and __fish_seen_subcommand_from sync" -f -a "remove" -d 'Shut an app out: its password means nothing any more'
complete -c courant -n "__fish_courant_using_subcommand help; and __fish_seen_subcommand_from db" -f -a "recluster" -d 'What this version would make of the stored entries: which stories it would split or merge'
complete -c courant -n "__fish_courant_using_subcommand help; and __fish_seen_subcommand_from db" -f -a "prune" -d 'Remove the stories that are older than is kept ([store] in courant.toml), now'
complete -c courant -n "__fish_courant_using_subcommand help; and __fish_seen_subcommand_from db" -f -a "check" -d 'Whether the database is whole, as SQLite and as courant see it; reads all of it'
complete -c courant -n "__fish_courant_using_subcommand help; and __fish_seen_subcommand_from db" -f -a "backup" -d 'Copy the database while it is in use'
complete -c courant -n "__fish_courant_using_subcommand help; and __fish_seen_subcommand_from db" -f -a "restore" -d 'Put a backup in the place of the database, which is set aside; while no courant runs'
complete -c courant -n "__fish_courant_using_subcommand help; and __fish_seen_subcommand_from db" -f -a "export" -d 'Write the whole database as JSON lines'
complete -c courant -n "__fish_courant_using_subcommand help; and __fish_seen_subcommand_from db" -f -a "import" -d 'Make a new database of what was exported; while no courant runs'
complete -c courant -n "__fish_courant_using_subcommand help; and __fish_seen_subcommand_from db" -f -a "reindex" -d 'Make the text index that searches use anew, of the stored texts; while no courant runs'
complete -c courant -n "__fish_courant_using_subcommand help; and __fish_seen_subcommand_from db" -f -a "compact" -d 'Make the database\'s file as small as it can be; while no courant runs'
complete -c courant -n "__fish_courant_using_subcommand help; and __fish_seen_subcommand_from db" -f -a "replay" -d 'Do again what `--record` wrote down, into a new database'
complete -c courant -n "__fish_courant_using_subcommand help; and __fish_seen_subcommand_from config" -f -a "check" -d 'Say whether the configuration and the subscriptions are right, and what in them will not work as meant'
complete -c courant -n "__fish_courant_using_subcommand help; and __fish_seen_subcommand_from config" -f -a "show" -d 'Print the configuration that holds, as TOML: the file, the variables and the defaults taken together'
complete -c courant -n "__fish_courant_using_subcommand help; and __fish_seen_subcommand_from config" -f -a "schema" -d 'Print the JSON schema of courant.toml, for editors'
complete -c courant -n "__fish_courant_using_subcommand help; and __fish_seen_subcommand_from rules" -f -a "test" -d 'For which stories of the last 30 days the rules of courant.toml would hold; changes nothing'
complete -c courant -n "__fish_courant_using_subcommand help; and __fish_seen_subcommand_from rules" -f -a "list" -d 'The rules that are in force, and for how many stories each holds'
