#!/bin/bash
# The key stays in the agent's memory; later steps find the agent by its socket.
eval "$(ssh-agent -s)"
ssh-add - <<< "$KEY"
{
    echo "SSH_AUTH_SOCK=$SSH_AUTH_SOCK"
    echo "SSH_AGENT_PID=$SSH_AGENT_PID"
} >> "$GITHUB_ENV"
