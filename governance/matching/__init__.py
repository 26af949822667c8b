"""事项推荐: which matter a title belongs to. Pure text work: knows no framework and no network."""
