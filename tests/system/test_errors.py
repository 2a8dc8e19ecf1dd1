from tf_cyclegan.system.errors import UserError


def test_messages_are_one_line_without_control_characters():
    message = "a\n b.jpg:\x1b[2J caf\u00e9 \udce9.png\u202e"
    assert str(UserError(message)) == "a b.jpg:\\x1b[2J caf\u00e9 \\udce9.png\\u202e"
