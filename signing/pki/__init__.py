"""The built-in trial certification authority and time-stamp authority: keys, certificates, revocation, time-stamps."""
