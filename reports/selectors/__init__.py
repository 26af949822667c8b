"""Reading across apps. Every queryset begins with what the account may see."""
