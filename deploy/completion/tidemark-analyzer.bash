# Completion for bash: source this file, or install it as /usr/share/bash-completion/completions/tidemark-analyzer.
# Commands and flags are those that --help names; names of thresholds are asked of the running analyzer.

_tidemark_analyzer() {
  local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]}
  local program=${COMP_WORDS[0]} commands=() asked=() word candidates
  COMPREPLY=()
  local i
  for ((i = 1; i < COMP_CWORD; i++)); do
    word=${COMP_WORDS[i]}
    case $word in
      --url | --http.config.file)
        asked+=("$word" "${COMP_WORDS[i + 1]}")
        ((i++))
        ;;
      --url=* | --http.config.file=*) asked+=("$word") ;;
      -*) ;;
      serve | check | config | rules | test | import | export | backtest | thresholds | list | get | set | rm | suggest)
        [ "${#commands[@]}" -lt 2 ] && commands+=("$word")
        ;;
    esac
  done
  case $previous in
    -f | --file | --config.file | --web.config.file | --http.config.file | --samples | --output.file)
      mapfile -t COMPREPLY < <(compgen -f -- "$current")
      return
      ;;
    --storage.path | --rules.path)
      mapfile -t COMPREPLY < <(compgen -d -- "$current")
      return
      ;;
  esac
  if [[ $current != -* && ${commands[0]:-} == thresholds && ${commands[1]:-} =~ ^(get|set|rm|backtest)$ ]]; then
    candidates=$("$program" thresholds list "${asked[@]}" -o name 2>/dev/null)
  else
    candidates=$("$program" "${commands[@]}" --help 2>/dev/null | _tidemark_words "$current")
    [[ $current == -* || ${#commands[@]} -lt 2 ]] || { mapfile -t COMPREPLY < <(compgen -f -- "$current"); return; }
  fi
  mapfile -t COMPREPLY < <(compgen -W "$candidates" -- "$current")
}

# The flags of a help text, or its commands.
_tidemark_words() {
  if [[ $1 == -* ]]; then
    grep -oE -- '(^|[ ,])--?[a-z][a-z.-]*' | tr -d ' ,'
  else
    sed -n '/^Subcommands:/,$p' | sed -nE 's/^  ([a-z]+) .*/\1/p'
  fi
}

complete -F _tidemark_analyzer tidemark-analyzer
