"""What this system needs at a given size, what that costs, and what happens while it grows.

`measured`: what our own runs found · `demand`: what people are assumed to do · `prices` ·
`machines`: sizes that can be had · `plan`: how many of what · `bill`: what that costs a month ·
`queueing`, `scaling`: requests that wait while tasks start · `delays`: what is asked of them ·
`tables`: what is printed.
"""
